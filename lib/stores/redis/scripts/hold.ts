/**
 * Acquire and touch: both end in holding, waiting, or neither, and differ only in what a token may do that neither
 * holds nor waits yet. `detail` is the mode, then the ttl plus the retention in ms.
 */
import type { StoreAnswer, StoreTiming } from '../../lock-store.js';
import { CLOCK, lineFunctions, MINT_FENCE, MINT_FENCE_BEHIND_BLOCK, STATE } from './record.js';
import { codeOf, Mode } from './mode.js';

const WAITING = 1;
const BUSY = 2;

/** The branch of the script; sets `answer`. */
export function holdBranch(timing: StoreTiming): string {
  return `
  if not value or string.byte(value, 17) == ${STATE.releasedCode} then
    if mode == ${codeOf(Mode.touch)} or value and string.sub(value, 18) == token then
      answer = 0
    else
      ${CLOCK}
      ${MINT_FENCE}
      answer = redis.pcall('SET', record, fence .. '${STATE.held}' .. token, 'PX', string.sub(detail, 2))
      if not answer.err then answer = tonumber(fence) end
    end

  elseif string.sub(value, 18) == token then
    redis.call('PEXPIRE', record, string.sub(detail, 2))
    answer = tonumber(string.sub(value, 1, 16))

  else
    ${CLOCK}
    ${lineFunctions(timing)}
    local queued = string.byte(value, 17) == ${STATE.queuedCode}
    local left = redis.call('PTTL', record) - ${timing.retention}
    local waiting = queued and redis.call('HEXISTS', seen, token) == 1
    if waiting then keep_place(token) end

    if mode == ${codeOf(Mode.touch)} and not waiting then
      answer = 0
    else
      ${MINT_FENCE_BEHIND_BLOCK}
      local admitted = left <= 0
      if admitted and queued then
        local head = next_in_line()
        if not head then
          queued = false
        elseif head ~= token then
          grant(fence, head)
          left, admitted = ${timing.claimWindow}, false
        end
      end
      if admitted then
        local state = queued and '${STATE.queued}' or '${STATE.held}'
        answer = redis.pcall('SET', record, fence .. state .. token, 'PX', string.sub(detail, 2))
        if not answer.err then answer = tonumber(fence) end
      else
        if mode == ${codeOf(Mode.wait)} and not waiting then
          join(token)
          redis.call('SETRANGE', record, 16, '${STATE.queued}')
          waiting = true
        end
        answer = { left, now, waiting and ${WAITING} or ${BUSY} }
      end
    end
  end
`;
}

/** One entry of the script's reply: a fencing token, 0, `[expiresIn, at, WAITING or BUSY]`, or an error. */
export type HoldReply = number | string | readonly (number | string)[] | Error;

/** Reads one entry of the script's reply. */
export function readHoldAnswer(reply: HoldReply): StoreAnswer {
  if (Array.isArray(reply)) {
    const [left, at, place] = reply.map(Number) as [number, number, number];
    return { state: place === WAITING ? 'waiting' : 'busy', expiresIn: Math.max(0, left), at };
  }
  if (reply instanceof Error) return { state: 'unknown', error: reply };
  const fencingToken = Number(reply);
  return fencingToken > 0 ? { state: 'held', fencingToken } : { state: 'gone' };
}
