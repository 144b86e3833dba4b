/**
 * Release and pass: a token leaves the holders or the line, and a lease that is given back goes to the next in line, or
 * else to the successor. `detail` of a pass: the mode, the last fencing token used (16 digits), then, if there is a
 * successor, his ttl plus the retention in ms (16 digits) and his token.
 */
import type { ReleaseAnswer, ReleaseRequest, StoreTiming } from '../../lock-store.js';
import { readHoldAnswer } from './hold.js';
import type { HoldReply } from './hold.js';
import { Mode } from './mode.js';
import { CLOCK, lineFunctions, MINT_FENCE, STATE } from './record.js';

/** Takes the record's place when the server has no memory left to write one, but still deletes. */
const SET_FREE = `
    local free = string.sub(value, 1, 16) .. '${STATE.released}' .. token
    if redis.pcall('SET', record, free, 'PX', retention).err then redis.call('DEL', record) end
`;

/** The branch of the script for a plain release; sets `answer`. */
export function releaseBranch(timing: StoreTiming): string {
  return `
  local state = value and string.sub(value, 17, 17)
  local own = value and string.sub(value, 18) == token
  local freed = own and state == '${STATE.held}'
  answer = 1

  if state == '${STATE.queued}' then
    ${CLOCK}
    ${MINT_FENCE}
    ${lineFunctions(timing)}
    if own then
      local head = next_in_line()
      if head then grant(fence, head) else freed = true end
    else
      answer = redis.call('ZREM', line, token)
      redis.call('HDEL', seen, token)
    end
  elseif not own then
    answer = 0
  end

  if freed then ${SET_FREE} end
`;
}

/** The branch of the script for a pass; sets `answer`. */
export function passBranch(timing: StoreTiming): string {
  return `
  local state = value and string.sub(value, 17, 17)
  local held = state == '${STATE.held}' or state == '${STATE.queued}'
  local owner = value and string.sub(value, 18)
  local successor, life = string.sub(detail, 34), tonumber(string.sub(detail, 18, 33))
  ${CLOCK}
  ${lineFunctions(timing)}
  answer = 0

  if held and owner == token then
    value = string.sub(detail, 2, 17) .. string.sub(value, 17)
    ${MINT_FENCE}
    local head = state == '${STATE.queued}' and next_in_line()
    if head then
      grant(fence, head)
      answer = 1
      if successor ~= '' then
        join(successor)
        answer = { ${timing.claimWindow}, now, 1 }
      end
    elseif successor ~= '' then
      answer = redis.pcall('SET', record, fence .. '${STATE.held}' .. successor, 'PX', life)
      if not answer.err then answer = tonumber(fence) end
    else
      ${SET_FREE}
      answer = 1
    end

  elseif successor ~= '' then
    -- Carried out before: the successor holds, waits, or has left.
    if held and owner == successor then
      redis.call('PEXPIRE', record, life)
      answer = tonumber(string.sub(value, 1, 16))
    elseif state == '${STATE.queued}' and redis.call('HEXISTS', seen, successor) == 1 then
      keep_place(successor)
      answer = { redis.call('PTTL', record) - ${timing.retention}, now, 1 }
    end
  elseif owner == token then
    answer = 1
  end
`;
}

/** The `detail` of a pass. */
export function passDetail(fencingToken: number, { successor }: ReleaseRequest, retention: number): string {
  const digits = (value: number): string => String(value).padStart(16, '0');
  return Mode.pass + digits(fencingToken) + (successor ? digits(successor.ttl + retention) + successor.token : '');
}

/** Reads one entry of the script's reply; `unproven`: the request may have been carried out twice. */
export function readReleaseAnswer(reply: HoldReply, { successor }: ReleaseRequest, unproven: boolean): ReleaseAnswer {
  if (reply instanceof Error) {
    return { state: 'unknown', error: reply, ...(successor && { successor: readHoldAnswer(reply) }) };
  }
  const state = Number(reply) !== 0 ? 'released' : unproven ? 'unknown' : 'gone';
  return successor ? { state, successor: readHoldAnswer(reply) } : { state };
}
