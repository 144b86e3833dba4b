/**
 * Acquire and touch: both end in holding, waiting, or neither, and differ only in what a token may do that neither
 * holds nor waits yet. `detail` is the mode, then the ttl plus the retention in ms.
 */
import type { StoreTiming } from '../../lock-store.js';
import { apart } from './queue.js';
import { codeOf, Mode } from './mode.js';
import { CLOCK, MINT_FENCE, MINT_FENCE_BEHIND_BLOCK, NOT_A_LOCK, STATE } from './record.js';
import { BUSY, WAITING } from './replies.js';

/** A key that is free, as far as its record says; sets `answer`. */
export const takeBranch = `
    if string.find(value, name, 18, true) then
      answer = 0
    else
      ${CLOCK}
      local last = value ~= '' and string.sub(value, 1, 16)
      ${MINT_FENCE}
      if last then
        local text = fresh .. '${STATE.held}' .. name .. string.sub(value, 19, string.find(value, ' ', 19, true))
        answer = redis.pcall('SET', record, text, 'PX', string.sub(detail, 2))
      else
        answer = redis.pcall('SET', record, fresh .. '${STATE.held}' .. name, 'PX', string.sub(detail, 2), 'NX')
      end
      -- An empty value is no lock either.
      if not answer then answer = ${NOT_A_LOCK} elseif answer.ok then answer = tonumber(fresh) end
    end
`;

/** A key that the token holds; sets `answer`. */
export const extendBranch = `
    answer = redis.pcall('PEXPIRE', record, string.sub(detail, 2))
    if answer == 1 then answer = tonumber(string.sub(value, 1, 16)) or 0 end
`;

/** Any other key; sets `answer`. */
export function holdBranch(timing: StoreTiming): string {
  return `
    if mode == ${codeOf(Mode.touch)} and (value == '' or state == '${STATE.held}' or state == '${STATE.released}') then
      answer = 0
    else
      ${apart(timing, contended(timing))}
    end
`;
}

function contended({ claimWindow, retention }: StoreTiming): string {
  return `
      if string.find(value, name, 18, true) then return 0 end
      local queued, emptied = state ~= '${STATE.held}', state == '${STATE.emptied}'
      local expires = redis.call('PTTL', record)
      if expires < 0 then return mode == ${codeOf(Mode.touch)} and 0 or ${NOT_A_LOCK} end
      local left = emptied and 0 or expires - ${retention}
      local sign = queued and sign_of(token) or 0
      if sign < 0 then return 0 end
      local waiting = sign > now
      if waiting then prolong_place(token) elseif mode == ${codeOf(Mode.touch)} then return 0 end

      if left <= 0 then
        local fresh
        if emptied then
          ${MINT_FENCE.replace('local fresh', 'fresh')}
        else
          ${MINT_FENCE_BEHIND_BLOCK.replace('local fresh', 'fresh')}
        end
        local head, order, alive
        if queued then head, order, alive = next_in_queue() end
        if head and head ~= token then
          grant(fresh, earlier(emptied), head, order, alive)
          left = ${claimWindow}
        else
          local letter = queued and unless_remembered('${STATE.held}', '${STATE.queued}') or '${STATE.held}'
          local text = fresh .. letter .. ' ' .. token .. earlier(emptied)
          local written = redis.pcall('SET', record, text, 'PX', string.sub(detail, 2))
          if written.ok then return tonumber(fresh) end
          if head then put_back(head, order, alive) end
          return written
        end
      end

      if mode == ${codeOf(Mode.wait)} and not waiting then
        join(token)
        waiting = true
      end
      return { left, now, waiting and ${WAITING} or ${BUSY} }
`;
}
