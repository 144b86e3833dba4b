/**
 * Says in short of some keys who holds them and how many wait, for a list; writes nothing.
 *
 * KEYS: the records. Returns for each an empty text where nobody holds it nor waits for it, or a list: 1 where something that
 * is no lock lies at the record or beside it; how many live holders there are; how many places of the queue are alive; and of one
 * holder, if there is one, the token, the fencing token, milliseconds its lease has left, limit (0 for none) and weight.
 */
import type { KeySummary, StoreTiming } from '../../lock-store.js';
import { IS_FOREIGN, readHolders } from './inspect.js';
import { CLOCK, READ_RECORD, READ_VALUE, STATE } from './record.js';

/** How many records one call looks at. */
export const LIST_PIECE = 64;

/** The script's source. */
export function listScript({ retention }: StoreTiming): string {
  return `
local time, clock
${CLOCK}
local now = time[1] * 1000000 + time[2]
local foreign_part = false
local function look(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then error(reply) end
  foreign_part = true
end
local function summary(record)
  foreign_part = false
  ${READ_VALUE}
  ${READ_RECORD}
  ${IS_FOREIGN}
  if foreign then return { 1, 0, 0 } end
  if not last or state == '${STATE.released}' then return '' end
  local waiting = look('ZCOUNT', record .. ':seen', '(' .. string.format('%.0f', now), '+inf') or 0
  local found = { 0, 0, waiting }
  if state == '${STATE.shared}' then
    found[2] = look('ZCOUNT', record .. ':ends', '(' .. string.format('%.0f', now), '+inf') or 0
    local latest = found[2] > 0 and look('ZRANGE', record .. ':ends', -1, -1, 'WITHSCORES') or {}
    local share = latest[1] and look('HGET', record .. ':shares', latest[1])
    local fence, weight, limit = string.match(share or '', '^(%d+) (%d+) (%d+)$')
    if fence then
      for _, each in ipairs({ latest[1], fence, math.ceil((latest[2] - now) / 1000), limit, weight }) do
        found[#found + 1] = each
      end
    end
  elseif state ~= '${STATE.emptied}' and expires > ${retention} then
    found[2] = 1
    for _, each in ipairs({ owner, last, expires - ${retention}, '1', '1' }) do found[#found + 1] = each end
  end
  if foreign_part then found[1] = 1 end
  if found[1] == 0 and found[2] == 0 and waiting == 0 then return '' end
  return found
end
local answers = {}
for i, record in ipairs(KEYS) do answers[i] = summary(record) end
return answers
`;
}

/** Reads the reply for one key; `null` where nobody holds it nor waits for it, undefined for what is no reply. */
export function readSummary(key: string, reply: unknown): KeySummary | null | undefined {
  if (reply === '') return null;
  if (!Array.isArray(reply) || reply.length < 3) return undefined;
  const [foreign, holderCount, waitingCount] = reply.slice(0, 3).map(Number) as [number, number, number];
  const holders = readHolders(reply.slice(3));
  if (![foreign, holderCount, waitingCount].every((each) => Number.isSafeInteger(each) && each >= 0)) return undefined;
  if (!holders || holders.length > 1) return undefined;
  return {
    key,
    holderCount,
    holder: holders[0] ?? null,
    waitingCount,
    ...(foreign !== 0 && { foreign: true as const }),
  };
}
