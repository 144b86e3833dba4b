/**
 * One release, of which the process that had the lease hears in the same step; for leases that are taken away.
 *
 * KEYS and the first of ARGV: as of the lease script, for one request. Further ARGV: the channel, and what is published there
 * when a lease was taken from its holder; not where the token only waited, or was released before. Returns what the lease script does.
 */
import type { StoreTiming } from '../../lock-store.js';
import { leaseScript } from './lease-script.js';
import { READ_RECORD, READ_VALUE, STATE } from './record.js';
import { LEFT_OUT, WAITING } from './replies.js';

/** The script's source. */
export function tellingScript(timing: StoreTiming): string {
  return `
local function holds()
  local record, token = KEYS[1], string.match(ARGV[1], '^ ([^ ]+)')
  ${READ_VALUE}
  ${READ_RECORD}
  if state == '${STATE.shared}' then return tonumber(redis.pcall('ZSCORE', record .. ':ends', token) or nil) end
  return last and owner == token and state ~= '${STATE.released}' and state ~= '${STATE.emptied}'
end
local had = holds()
local function released()
  ${leaseScript(timing)}
end
local reply = released()
local place = type(reply) == 'table' and reply[3]
local taken = type(reply) == 'number' and reply > 0 or place == ${WAITING} or place == ${LEFT_OUT}
if had and taken then redis.pcall('PUBLISH', ARGV[2], ARGV[3]) end
return reply
`;
}
