/**
 * Deletes what is no lock in the places where a key's lock is stored, and nothing else. It looks once more before: a
 * lock may have come since the caller looked.
 *
 * KEYS: the record.
 *
 * Returns how many Redis keys were deleted.
 */
import { IS_FOREIGN } from './inspect.js';
import { BESIDE, eachForeignPart, READ_RECORD, READ_VALUE } from './record.js';

/** The script's source. */
export function repairScript(): string {
  return `
local record = KEYS[1]
${READ_VALUE}
${READ_RECORD}
${IS_FOREIGN}
if foreign then return redis.call('UNLINK', record${BESIDE.map((part) => `, record .. '${part}'`).join('')}) end
local removed = 0
${eachForeignPart("removed = removed + redis.call('UNLINK', name)")}
return removed
`;
}
