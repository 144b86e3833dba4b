/**
 * Takes tokens out of the holders or out of the line, and passes a lease that is given back to the next in line.
 *
 * KEYS: for each request record, line, seen. ARGV: for each request token.
 * Returns for each request 1 when the token held or waited, or was released before; 0 when it is unknown.
 */
import type { StoreTiming } from '../../lock-store.js';
import { CLOCK, lineFunctions, NEXT_FENCE, STATE } from './record.js';

/** The script's source. */
export function releaseScript(timing: StoreTiming): string {
  return `
local answers = {}
for i = 1, #KEYS, 3 do
  local record, token = KEYS[i], ARGV[(i + 2) / 3]
  local value = redis.call('GET', record)
  local state = value and string.byte(value, 17)
  local answer = 1
  local freed = false

  if not value then
    answer = 0
  elseif state == ${STATE.queuedCode} then
    local line, seen = KEYS[i + 1], KEYS[i + 2]
    ${CLOCK}
    ${lineFunctions(timing)}
    if string.sub(value, 18) == token then
      local head = next_in_line()
      if head then
        grant(${NEXT_FENCE}, head)
      else
        freed = true
      end
    else
      answer = redis.call('ZREM', line, token)
      redis.call('HDEL', seen, token)
    end
  elseif string.sub(value, 18) ~= token then
    answer = 0
  else
    freed = state == ${STATE.heldCode}
  end
  if freed then
    redis.call('SET', record, string.sub(value, 1, 16) .. '${STATE.released}' .. token, 'PX', '${timing.retention}')
  end
  answers[#answers + 1] = answer
end
return answers
`;
}
