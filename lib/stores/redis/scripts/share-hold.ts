/**
 * Acquire and touch where a key is shared, or the token would share it. `detail` of an acquire that would: the mode, the
 * ttl plus the retention in ms, the limit and the weight, with colons between them; of any other as in `hold.ts`.
 */
import type { LeaseShare, StoreTiming } from '../../lock-store.js';
import { codeOf, Mode } from './mode.js';
import { NOT_A_LOCK } from './record.js';
import { BUSY, WAITING } from './replies.js';
import { limitText } from './shares.js';

/** How a question whether a key could be taken is answered: it could, or the token has it already. */
export const COULD = 0;
export const HOLDS = 1;

/** Answers the entry; see `share-holders.ts` for what it works on. */
export function shareHold({ retention }: StoreTiming): string {
  return `
      local ask, touch = mode == ${codeOf(Mode.ask)}, mode == ${codeOf(Mode.touch)}
      local life, limit, weight = string.match(detail, '^.(%d+):?(%d*):?(%d*)$')
      local ttl = life - ${retention}
      limit, weight = limit_of(limit) or 1, tonumber(weight) or 1
      if expires < 0 then return touch and 0 or ${NOT_A_LOCK} end

      if alone == token then
        if ask then return ${HOLDS} end
        redis.call('PEXPIRE', record, life)
        return tonumber(last)
      elseif own then
        if ask then return ${HOLDS} end
        extend(ttl)
        pcall(serve_queue)
        return tonumber(own.fence)
      end

      local sign = queued and sign_of(token) or 0
      if sign < 0 or string.find(value, name, 18, true) then return ask and { 1, now, ${BUSY} } or 0 end
      if ask then
        return could_come_in(limit, weight) and ${COULD} or { first_end(), now, ${BUSY} }
      end
      local waiting = sign > now
      if waiting then
        prolong(token)
      elseif touch then
        return 0
      end

      local head, fence = serve_queue(ttl)
      if fence then return tonumber(fence) end
      if not (waiting or head or wish) and fits(limit, weight) then
        return tonumber(let_in(token, limit, weight, ttl))
      end
      if not waiting and (mode == ${codeOf(Mode.wait)} or mode == ${codeOf(Mode.waitShared)}) then
        join_with(token, limit, weight)
        waiting = true
      end
      return { first_end(), now, waiting and ${WAITING} or ${BUSY} }
`;
}

/** The `detail` of a request with a share. */
export function shareDetail(mode: string, life: number, { limit, weight }: LeaseShare): string {
  return `${mode}${life}:${limitText(limit)}:${weight}`;
}
