/**
 * What every script begins with. A key has three Redis keys in one slot:
 *
 * - record: the string `<fence> <deadline> <queued> <token>`. Deadline is server time in µs, 0 once released; queued is 1
 *   while there may be a line; token is the holder, or the last one when the deadline is 0 or past. A released token
 *   stays on record so that a repeated request of a finished lease is recognised.
 * - line: sorted set of the waiters' tokens by order of joining.
 * - seen: hash of waiter's token → server time in µs until which its place lives.
 *
 * Liveness is decided by deadlines and the server's clock; expiry of the Redis keys only collects garbage.
 */
import type { StoreTiming } from '../../lock-store.js';
import { CHANNEL_PREFIX, PROCESS_ID_LENGTH } from '../grant-channel.js';

/** Functions shared by the scripts, with the protocol's numbers in their place. */
export function prelude({ claimWindow, placeLife, retention }: StoreTiming): string {
  return `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function load(record)
  local value = redis.call('GET', record)
  if not value then return 0, 0, '0', '' end
  local fence, deadline, queued, token = string.match(value, '^(%d+) (%d+) ([01]) (.*)$')
  return tonumber(fence), tonumber(deadline), queued, token
end

local function save(record, fence, deadline, queued, token)
  local life = math.ceil(math.max(deadline - now, 0) / 1000) + ${retention}
  redis.call('SET', record, string.format('%.0f %.0f %s %s', fence, deadline, queued, token), 'PX', life)
end

-- Takes the first waiter whose place is still alive out of the line, and the dead ones before it.
local function next_in_line(line, seen)
  while true do
    local head = redis.call('ZPOPMIN', line)[1]
    if not head then return nil end
    local alive = redis.call('HGET', seen, head)
    redis.call('HDEL', seen, head)
    if alive and tonumber(alive) > now then return head end
  end
end

-- Makes a waiter the holder for the claim window and tells its process. The message is a hint: without it the waiter
-- learns by its next touch, so a refused PUBLISH must not undo the grant.
local function grant(record, fence, waiter)
  local deadline = now + ${claimWindow * 1000}
  save(record, math.max(fence + 1, now), deadline, '1', waiter)
  redis.pcall('PUBLISH', '${CHANNEL_PREFIX}' .. string.sub(waiter, 1, ${PROCESS_ID_LENGTH}), waiter)
  return deadline
end

local function keep_place(line, seen, token)
  redis.call('HSET', seen, token, string.format('%.0f', now + ${placeLife * 1000}))
  redis.call('PEXPIRE', seen, ${placeLife})
  redis.call('PEXPIRE', line, ${placeLife})
end
`;
}
