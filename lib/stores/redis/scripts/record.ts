/**
 * How a key is written down. It has three Redis keys in one slot:
 *
 * - record: a string of a fencing token (16 digits), one letter for its state, and the token of the holder, or of the last
 *   one. It lives for what is left of the lease plus the retention; so the lease's end is read off the record's own
 *   expiry, by the server's clock, and only where somebody needs it.
 * - line (`:line` after the record's name): sorted set of the waiters' tokens by order of joining.
 * - seen (`:seen`): hash of waiter's token → server time in µs until which its place lives.
 *
 * Requests name the record only; the other two are made of its name, in its slot. The fencing token on record is the first
 * of the holder's block, or, once the lease was given back, the last that was used. A released token stays on record, so
 * that a repeated request of a finished lease is recognised.
 *
 * Almost every call meets a key that nobody else wants. That path comes first in each script and calls nothing it does
 * not need; even the functions below are only made where a key is contended.
 */
import { FENCE_BLOCK, PROCESS_ID_LENGTH } from '../../lock-store.js';
import type { StoreTiming } from '../../lock-store.js';
import { CHANNEL_PREFIX } from '../grant-channel.js';

const HELD = 'h';
/** Held, and there may be a line. */
const QUEUED = 'q';
const RELEASED = 'r';

/** The letters, and their codes as Lua's `string.byte` sees them. */
export const STATE = {
  held: HELD,
  queued: QUEUED,
  released: RELEASED,
  queuedCode: QUEUED.charCodeAt(0),
  releasedCode: RELEASED.charCodeAt(0),
};

/** The server's clock. */
export const CLOCK = "local time = redis.call('TIME')";

/**
 * Mints `fence` after {@link CLOCK}, for the next grant of a key whose lease was given back, or that has no record: the
 * server's clock in µs, 16 digits, or one more than the last where that is not less. The clock keeps tokens growing where
 * the record is missing or old: after a flush, a restart, or a failover to a replica that had not seen the last grants.
 * Text is compared and joined, because printing large numbers takes longer than the commands do.
 */
export const MINT_FENCE = `
  local fence = time[1] .. string.sub('00000' .. time[2], -6)
  if value and string.sub(value, 1, 16) >= fence then
    fence = string.format('%016.0f', string.sub(value, 1, 16) + 1)
  end
`;

/** As {@link MINT_FENCE}, after a lease that ended without a release: any of its block may have been used. */
export const MINT_FENCE_BEHIND_BLOCK = `
  local fence = time[1] .. string.sub('00000' .. time[2], -6)
  if string.sub(value, 1, 16) + ${FENCE_BLOCK} > fence + 0 then
    fence = string.format('%016.0f', string.sub(value, 1, 16) + ${FENCE_BLOCK})
  end
`;

/** Functions for a contended key. They expect `record` and `time`. */
export function lineFunctions({ claimWindow, placeLife, retention }: StoreTiming): string {
  return `
    local line, seen, now = record .. ':line', record .. ':seen', time[1] * 1000000 + time[2]

    -- Takes the first waiter whose place is still alive out of the line, and the dead ones before it.
    local function next_in_line()
      while true do
        local head = redis.call('ZPOPMIN', line)[1]
        if not head then return nil end
        local alive = redis.call('HGET', seen, head)
        redis.call('HDEL', seen, head)
        if alive and tonumber(alive) > now then return head end
      end
    end

    -- Makes a waiter the holder for the claim window and tells its process. The message is a hint: without it the
    -- waiter learns by its next touch, so a refused PUBLISH must not undo the grant.
    local function grant(fence, waiter)
      redis.call('SET', record, fence .. '${QUEUED}' .. waiter, 'PX', '${claimWindow + retention}')
      local message = waiter .. ' ' .. fence .. ' ${claimWindow} ' .. string.format('%.0f', now)
      redis.pcall('PUBLISH', '${CHANNEL_PREFIX}' .. string.sub(waiter, 1, ${PROCESS_ID_LENGTH}), message)
    end

    local function keep_place(waiter)
      redis.call('HSET', seen, waiter, string.format('%.0f', now + ${placeLife * 1000}))
      redis.call('PEXPIRE', seen, ${placeLife})
      redis.call('PEXPIRE', line, ${placeLife})
    end

    local function join(waiter)
      local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2] or 0
      redis.call('ZADD', line, math.max(now, last + 1), waiter)
      keep_place(waiter)
    end
`;
}
