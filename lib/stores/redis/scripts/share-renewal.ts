/**
 * The renewal of one holder among others, where no lease has ended and no caller waits: nearly every touch of a shared key.
 * It calls nothing that it does not need, as renewals come in lists; `renewed` is the record for which that is known from
 * the entry before. Leaves `answer` alone where there is more to be done.
 */
import type { StoreTiming } from '../../lock-store.js';
import { CLOCK } from './record.js';

export function shareRenewal({ retention }: StoreTiming): string {
  return `
      ${CLOCK}
      local now, left = time[1] * 1000000 + time[2], before == record and renewed_left
      if not left then
        local first = redis.pcall('ZRANGE', record .. ':ends', 0, 0, 'WITHSCORES')
        if not first.err and first[2] and first[2] + 0 > now and redis.call('EXISTS', record .. ':line') == 0 then
          local expires = redis.call('PTTL', record)
          left = expires > 0 and expires - ${retention}
        end
      end
      local share = left and redis.pcall('HGET', record .. ':shares', token)
      local fence, limit = string.match(type(share) == 'string' and share or '', '^(%d+) %d+ (%d+)$')
      if fence then
        local ttl = string.sub(detail, 2) - ${retention}
        local ends = string.format('%.0f', now + ttl * 1000)
        answer = redis.pcall('ZADD', record .. ':ends', ends, token)
        if answer == 0 then
          answer = tonumber(fence)
          if limit ~= '0' then redis.call('PEXPIRE', record .. ':limits', math.max(left, ttl)) end
          if ttl > left then
            redis.call('PEXPIRE', record .. ':ends', ttl)
            redis.call('PEXPIRE', record .. ':shares', ttl)
            redis.call('PEXPIRE', record, ttl + ${retention})
            left = ttl
          end
          renewed, renewed_left = record, left
        end
      end
`;
}
