/**
 * Reads the state of one key; writes nothing. A long queue is read in pieces, and so are many holders, so that no script
 * holds up the server.
 *
 * KEYS: the record. ARGV: how many places of the queue to leave out, and where among the holders to go on (a cursor of
 * HSCAN); each empty when there is no more of it to read.
 *
 * Returns 1 where something that is no lock lies at the record or beside it; the last fencing token (0 when none is on
 * record); the first of two lists that follow each other: how many places were looked at, then the tokens of those that are
 * alive, next first; and the second: where to go on, then of each holder the token, the fencing token, milliseconds the
 * lease has left, the limit (0 for none) and the weight.
 */
import { SHARED_FENCE_BLOCK } from '../../protocol.js';
import type { HolderState, KeyState, StoreTiming } from '../../lock-store.js';
import { CLOCK, eachForeignPart, READ_RECORD, READ_VALUE, STATE } from './record.js';

/** How many places one script looks at, and about how many holders. */
const PIECE = 128;
const HOLDERS = 96;

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
local record, from, cursor = KEYS[1], ARGV[1], ARGV[2]
${READ_VALUE}
${READ_RECORD}
${IS_FOREIGN}
local is_lock = last and not foreign
local function look(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then error(reply) end
end
local holders = { '' }
if is_lock and state == '${STATE.shared}' then
  local latest = look('ZRANGE', record .. ':ends', -1, -1, 'WITHSCORES') or {}
  if not latest[2] or latest[2] + 0 <= now then
    last = last + ${SHARED_FENCE_BLOCK - 1}
  elseif cursor ~= '' then
    local found = look('HSCAN', record .. ':shares', cursor, 'COUNT', ${HOLDERS}) or { '0', {} }
    if found[1] ~= '0' then holders[1] = found[1] end
    for i = 1, #found[2], 2 do
      local token = found[2][i]
      local fence, weight, limit = string.match(found[2][i + 1], '^(%d+) (%d+) (%d+)$')
      local ends = fence and tonumber(look('ZSCORE', record .. ':ends', token) or nil)
      if ends and ends > now then
        for _, each in ipairs({ token, fence, math.ceil((ends - now) / 1000), limit, weight }) do
          holders[#holders + 1] = each
        end
      end
    end
  end
elseif is_lock and cursor ~= '' and state ~= '${STATE.released}' and state ~= '${STATE.emptied}' and expires > ${retention} then
  holders = { '', owner, last, expires - ${retention}, '1', '1' }
end
local waiting = { 0 }
if from ~= '' then
  local places = look('ZRANGE', record .. ':line', from, from + ${PIECE - 1}) or {}
  waiting[1] = #places
  for _, token in ipairs(places) do
    local sign = tonumber(look('ZSCORE', record .. ':seen', token) or nil)
    if sign and sign > now then waiting[#waiting + 1] = token end
  end
end
${eachForeignPart('foreign = true')}
return { foreign and 1 or 0, is_lock and tonumber(last) or 0, waiting, holders }
`;
}

/** What one script has read. */
interface KeyPiece {
  readonly state: KeyState;
  /** The arguments that go on from here; undefined where nothing is left. */
  readonly next: readonly [from: string, cursor: string] | undefined;
}

/** Reads the script's reply, when it was asked to leave out `from` places; undefined for what is not one. */
export function readKeyPiece(key: string, from: string, reply: unknown): KeyPiece | undefined {
  if (!Array.isArray(reply) || reply.length !== 4) return undefined;
  const [foreign, fencingToken] = reply.slice(0, 2).map(Number) as [number, number];
  const [places, holding] = reply.slice(2) as unknown[];
  if (!isCount(foreign) || !isCount(fencingToken) || !Array.isArray(places) || !Array.isArray(holding))
    return undefined;
  const looked = Number(places[0]);
  const waiting = places.slice(1) as unknown[];
  const [cursor, ...fields] = holding as unknown[];
  const holders = readHolders(fields);
  if (!isCount(looked) || !waiting.every((each) => typeof each === 'string')) return undefined;
  if (typeof cursor !== 'string' || !holders) return undefined;
  const further = looked === PIECE ? String(Number(from) + PIECE) : '';
  return {
    state: {
      key,
      holders,
      waiting: waiting as string[],
      lastFencingToken: fencingToken > 0 ? fencingToken : null,
      ...(foreign !== 0 && { foreign: true as const }),
    },
    next: further === '' && cursor === '' ? undefined : [further, cursor],
  };
}

/** Reads five fields for each holder; undefined for what is none. */
export function readHolders(fields: readonly unknown[]): HolderState[] | undefined {
  const holders: HolderState[] = [];
  for (let i = 0; i < fields.length; i += 5) {
    const token = fields[i];
    const [fencingToken, expiresIn, limit, weight] = fields.slice(i + 1, i + 5).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    if (typeof token !== 'string' || ![fencingToken, expiresIn, limit, weight].every(isCount)) return undefined;
    holders.push({ token, fencingToken, expiresIn, limit: limit === 0 ? Infinity : limit, weight });
  }
  return holders;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
