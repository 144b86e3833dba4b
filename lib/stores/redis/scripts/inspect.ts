/**
 * Reads the state of one key; writes nothing. A long queue is read in pieces, so that no script holds up the server.
 *
 * KEYS: the record. ARGV: how many places of the queue to leave out.
 *
 * Returns 1 where something that is no lock lies at the record or beside it, the last fencing token (0 when none is on
 * record), milliseconds the lease has left (0 when the key is free), the holder's token, how many places were looked
 * at, then the tokens of those that are alive, next first.
 */
import type { KeyState, StoreTiming } from '../../lock-store.js';
import { CLOCK, READ_RECORD, READ_VALUE, STATE } from './record.js';

/** How many places one script looks at. */
export const PIECE = 256;

/** Sets `foreign`: whether what was read is no record. */
export const IS_FOREIGN = `
if type(value) == 'table' and not string.find(value.err, 'WRONGTYPE', 1, true) then return value end
local foreign = not last and (value ~= '' or redis.call('EXISTS', record) == 1)
local expires = redis.call('PTTL', record)
if last and state ~= '${STATE.released}' and expires < 0 then foreign = true end
`;

/** The script's source. */
export function inspectScript({ retention }: StoreTiming): string {
  return `
local time, clock
${CLOCK}
local now = time[1] * 1000000 + time[2]
local record, from = KEYS[1], tonumber(ARGV[1])
${READ_VALUE}
${READ_RECORD}
${IS_FOREIGN}
local answer = { 0, 0, 0, '', 0 }
if last and not foreign then
  local held = state == '${STATE.held}' or state == '${STATE.queued}'
  local left = held and expires - ${retention} or 0
  answer = { 0, tonumber(last), math.max(0, left), owner, 0 }
end
local function look(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then error(reply) end
  foreign = true
end
local places = look('ZRANGE', record .. ':line', from, from + ${PIECE - 1}) or {}
local any = look('ZSCORE', record .. ':seen', '')
answer[5] = #places
for _, token in ipairs(places) do
  local sign = tonumber(look('ZSCORE', record .. ':seen', token) or nil)
  if sign and sign > now then answer[#answer + 1] = token end
end
if foreign then answer[1] = 1 end
return answer
`;
}

/** What one script has read. */
interface KeyPiece {
  readonly state: KeyState;
  /** How many places it has looked at: with {@link PIECE} there may be more. */
  readonly looked: number;
}

/** Reads the script's reply; undefined for what is not one. */
export function readKeyPiece(key: string, reply: unknown): KeyPiece | undefined {
  if (!Array.isArray(reply) || reply.length < 5) return undefined;
  const [foreign, fencingToken, expiresIn, looked] = [0, 1, 2, 4].map((i) => Number(reply[i])) as number[];
  const [token, ...waiting] = [reply[3], ...reply.slice(5)] as unknown[];
  if (![foreign, fencingToken, expiresIn, looked].every((each) => Number.isSafeInteger(each) && each! >= 0))
    return undefined;
  if (typeof token !== 'string' || !waiting.every((each) => typeof each === 'string')) return undefined;
  const state: KeyState = {
    key,
    holders: expiresIn! > 0 ? [{ token, fencingToken: fencingToken!, expiresIn: expiresIn!, limit: 1, weight: 1 }] : [],
    waiting: waiting as string[],
    lastFencingToken: fencingToken! > 0 ? fencingToken! : null,
    ...(foreign !== 0 && { foreign: true as const }),
  };
  return { state, looked: looked! };
}
