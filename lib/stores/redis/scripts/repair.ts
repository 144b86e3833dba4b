/**
 * Takes away what is no lock from the places where a key's lock is kept, and nothing else. It is looked at once more: a
 * lock may have come since somebody asked.
 *
 * KEYS: the record.
 * Returns how many Redis keys were taken away.
 */
import { IS_FOREIGN } from './inspect.js';
import { READ_RECORD, READ_VALUE } from './record.js';

/** The script's source. */
export function repairScript(): string {
  return `
local record = KEYS[1]
local line, seen = record .. ':line', record .. ':seen'
${READ_VALUE}
${READ_RECORD}
${IS_FOREIGN}
if foreign then return redis.call('UNLINK', record, line, seen) end
local removed = 0
for _, name in ipairs({ line, seen }) do
  local reply = redis.pcall('ZSCORE', name, '')
  if type(reply) == 'table' and string.find(reply.err, 'WRONGTYPE', 1, true) then
    removed = removed + redis.call('UNLINK', name)
  end
end
return removed
`;
}
