/**
 * A holder takes another share of its key. `detail`: the mode, the ttl plus the retention in ms, limit, weight, and the last
 * fencing token used where it was told (16 digits), with colons between them.
 */
import { FENCE_BLOCK } from '../../protocol.js';
import type { ConvertRequest, StoreTiming } from '../../lock-store.js';
import { codeOf, Mode } from './mode.js';
import { BUSY, WAITING } from './replies.js';
import { digits } from './release.js';
import { shareDetail } from './share-hold.js';

/** Answers the entry; see `share-holders.ts` for what it works on. */
export function convert({ retention }: StoreTiming): string {
  return `
      local life, limit, weight, told = string.match(detail, '^.(%d+):(%d+):(%d+):(%d*)$')
      local ttl, used = life - ${retention}, used_of(told)
      local wanted = '= ' .. limit .. ' ' .. weight .. ' ' .. token
      limit, weight = limit_of(limit), tonumber(weight)
      if expires < 0 then return 0 end

      if alone == token then
        if limit == 1 then
          redis.call('PEXPIRE', record, life)
          return tonumber(last)
        end
        local fence = last
        if told ~= '' and not used then used = last + ${FENCE_BLOCK - 1} end
        hold_with_others(token, nil, fence, behind_used(used), limit, weight, ttl)
        pcall(serve_queue)
        return tonumber(fence)
      elseif not own then
        return 0
      end

      local others_wish = wish and wish.token ~= token
      local is_same = limit == own.limit and weight == own.weight
      if is_same or not others_wish and admits(weight_of_all() - own.weight, smallest_limit(token), limit, weight) then
        local fence = own.fence
        last = behind_used(used)
        if limit < own.limit then
          fence = mint()
          last = fence
        end
        if limit == 1 then
          hold_alone(token, fence, ttl)
          return tonumber(fence)
        end
        hold_with_others(token, own, fence, last, limit, weight, ttl)
        if wish and not others_wish then
          redis.call('HDEL', shares, '^')
          wish = nil
        end
        pcall(tell_wisher)
        pcall(serve_queue)
        return tonumber(fence)
      end

      extend(ttl)
      if others_wish or mode == ${codeOf(Mode.convert)} then return { first_end(), now, ${BUSY} } end
      redis.call('HSET', shares, '^', wanted)
      return { first_end(), now, ${WAITING} }
`;
}

/** The `detail` of a conversion. */
export function convertDetail(request: ConvertRequest, retention: number): string {
  const { ttl, wait, fencingToken } = request;
  const mode = wait ? Mode.convertWaiting : Mode.convert;
  const used = fencingToken === undefined ? '' : digits(fencingToken);
  return `${shareDetail(mode, ttl + retention, request)}:${used}`;
}
