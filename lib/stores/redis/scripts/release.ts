/**
 * Takes tokens out of the holders or out of the line, and passes a lease that is given back to the next in line.
 *
 * KEYS: for each request the record. ARGV: for each request the token.
 * Returns for each request 1 when the token held or waited, or was released before; 0 when it is unknown.
 */
import type { StoreTiming } from '../../lock-store.js';
import { CLOCK, lineFunctions, MINT_FENCE, STATE } from './record.js';

/** The script's source. */
export function releaseScript(timing: StoreTiming): string {
  return `
local answers = {}
for i, record in ipairs(KEYS) do
  local token = ARGV[i]
  local value = redis.call('GET', record)
  local state = value and string.sub(value, 17, 17)
  local own = value and string.sub(value, 18) == token
  local answer, freed = 1, own and state == '${STATE.held}'

  if state == '${STATE.queued}' then
    ${CLOCK}
    ${MINT_FENCE}
    ${lineFunctions(timing)}
    if own then
      local head = next_in_line()
      if head then grant(fence, head) else freed = true end
    else
      answer = redis.call('ZREM', line, token)
      redis.call('HDEL', seen, token)
    end
  elseif not own then
    answer = 0
  end

  if freed then
    local free = string.sub(value, 1, 16) .. '${STATE.released}' .. token
    -- A server that is out of memory refuses to write, but not to delete; the clock goes on minting greater tokens.
    if redis.pcall('SET', record, free, 'PX', '${timing.retention}').err then redis.call('DEL', record) end
  end
  answers[i] = answer
end
return answers
`;
}
