/**
 * Release and pass: a token leaves the holders or the queue, and a lease that is given back goes to the first in the
 * queue, or else to the successor. `detail` of a pass: the mode, the last fencing token used (16 digits), then, if
 * there is a successor, its ttl plus the retention in ms (16 digits) and its token.
 */
import { FENCE_BLOCK } from '../../protocol.js';
import type { ReleaseRequest, StoreTiming } from '../../lock-store.js';
import { Mode } from './mode.js';
import { apart } from './queue.js';
import { MINT_FENCE, STATE } from './record.js';
import { LEFT_OUT, WAITING } from './replies.js';
import { limitText } from './shares.js';

/** The plain release of a lease for which no other caller waits; sets `answer`. */
export const freeBranch = `
    local text = string.sub(value, 1, 16) .. '${STATE.released}' .. string.sub(value, 18)
    answer = redis.pcall('SET', record, text, 'PX', retention)
    -- A server that has no memory left to write a record still deletes it.
    if answer.ok or redis.pcall('DEL', record) == 1 then answer = 1 end
`;

/** Any other plain release; sets `answer`. */
export function releaseBranch(timing: StoreTiming): string {
  return `
    if state == '${STATE.queued}' or state == '${STATE.emptied}' then
      ${apart(timing, releaseContended)}
    else
      answer = owner == token and state == '${STATE.released}' and 1 or 0
    end
`;
}

const releaseContended = `
      if owner ~= token then return leave(token) end
      if state == '${STATE.queued}' then
        ${MINT_FENCE}
        local head, order, sign = next_in_queue()
        if not head or not pcall(grant, fresh, earlier(true), head, order, sign) then set_free(last) end
      end
      return 1
`;

/** The branch of the script for a pass; sets `answer`. */
export function passBranch(timing: StoreTiming): string {
  return apart(timing, pass(timing));
}

function pass({ claimWindow, retention }: StoreTiming): string {
  return `
      local successor, life = string.sub(detail, 34), tonumber(string.sub(detail, 18, 33))
      local held = state == '${STATE.held}' or state == '${STATE.queued}'

      if held and owner == token then
        -- A lease that is given back with a fencing token that cannot be its own has used up its block.
        local used = string.match(string.sub(detail, 2, 17), '^[0-8]${'%d'.repeat(15)}$')
        if not used then
          last = string.format('%016.0f', last + ${FENCE_BLOCK - 1})
        elseif used > last then
          last = used
        end
        ${MINT_FENCE}
        local head, order, sign
        if state == '${STATE.queued}' then head, order, sign = next_in_queue() end
        if head and pcall(grant, fresh, earlier(true), head, order, sign) then
          if successor == '' then return 1 end
          return { ${claimWindow}, now, pcall(join, successor) and ${WAITING} or ${LEFT_OUT} }
        end
        if successor ~= '' then
          local letter = state == '${STATE.queued}' and unless_remembered('${STATE.held}', '${STATE.queued}') or '${STATE.held}'
          local written = redis.pcall('SET', record, fresh .. letter .. ' ' .. successor .. earlier(true), 'PX', life)
          if written.ok then return tonumber(fresh) end
        end
        set_free(last)
        return successor ~= '' and { 0, now, ${LEFT_OUT} } or 1
      end

      -- Carried out before, or of a lease that is lost.
      local queued = state == '${STATE.queued}' or state == '${STATE.emptied}'
      if queued then leave(token) end
      if successor == '' then return owner == token and not held and 1 or 0 end
      if held and owner == successor then
        redis.call('PEXPIRE', record, life)
        return tonumber(last)
      elseif queued and sign_of(successor) > now then
        prolong_place(successor)
        return { held and redis.call('PTTL', record) - ${retention} or 0, now, ${WAITING} }
      end
      return 0
`;
}

/** The `detail` of a pass. */
export function passDetail(fencingToken: number, { successor }: ReleaseRequest, retention: number): string {
  if (!successor) return Mode.pass + digits(fencingToken);
  const { limit, weight, ttl, token } = successor;
  const start = digits(fencingToken) + digits(ttl + retention);
  if (limit === 1) return Mode.pass + start + token;
  return Mode.passShared + start + digits(Number(limitText(limit))) + digits(weight) + token;
}

/** The successor that the detail of a pass names; '' where it names none, or is no pass. */
export function successorOf(detail: string): string {
  if (detail[0] === Mode.passShared) return detail.slice(65);
  return detail[0] === Mode.pass ? detail.slice(33) : '';
}

/** Exactly 16 characters: what needs more is no number that the script could use. */
export function digits(value: number): string {
  return String(value).padStart(16, '0').slice(-16);
}
