/**
 * Deletes what is no lock in the places where a key's lock is stored, and nothing else. It looks once more before: a
 * lock may have come since the caller looked.
 *
 * KEYS: the record.
 *
 * Returns how many Redis keys were deleted.
 */
import { IS_FOREIGN } from './inspect.js';
import { READ_RECORD, READ_VALUE } from './record.js';

/** The script's source. */
export function repairScript(): string {
  return `
local record = KEYS[1]
local queue, seen = record .. ':line', record .. ':seen'
${READ_VALUE}
${READ_RECORD}
${IS_FOREIGN}
if foreign then return redis.call('UNLINK', record, queue, seen) end
local removed = 0
for _, name in ipairs({ queue, seen }) do
  local reply = redis.pcall('ZSCORE', name, '')
  if type(reply) == 'table' and string.find(reply.err, 'WRONGTYPE', 1, true) then
    removed = removed + redis.call('UNLINK', name)
  end
end
return removed
`;
}
