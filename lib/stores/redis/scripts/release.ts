/**
 * Takes tokens out of the holders or out of the line, and passes a lease that is given back to the next in line.
 *
 * KEYS: for each request record, line, seen. ARGV: for each request token.
 * Returns for each request 1 when the token held or waited, or was released before; 0 when it is unknown.
 */
export const RELEASE = `
local answers = {}
for i = 1, #KEYS, 3 do
  local record, line, seen = KEYS[i], KEYS[i + 1], KEYS[i + 2]
  local token = ARGV[(i + 2) / 3]
  local fence, deadline, queued, holder = load(record)
  local answer = 1

  if holder == token then
    if deadline > 0 then
      local head = queued == '1' and next_in_line(line, seen)
      if head then
        grant(record, fence, head)
      else
        save(record, fence, 0, '0', token)
      end
    end
  elseif queued == '1' and redis.call('ZREM', line, token) == 1 then
    redis.call('HDEL', seen, token)
  else
    answer = 0
  end
  answers[#answers + 1] = answer
end
return answers
`;
