/**
 * Reads the state of keys; writes nothing.
 *
 * KEYS: for each request record, line, seen.
 * Returns for each request: last fencing token (0 when none is on record), milliseconds the lease has left (0 when the
 * key is free), holder's token, then the tokens of the line whose places are alive, next first.
 */
import type { KeyState } from '../../lock-store.js';

export const INSPECT = `
local answers = {}
for i = 1, #KEYS, 3 do
  local fence, deadline, queued, holder = load(KEYS[i])
  local answer = { fence, math.max(0, math.ceil((deadline - now) / 1000)), holder }
  for _, token in ipairs(redis.call('ZRANGE', KEYS[i + 1], 0, -1)) do
    local alive = redis.call('HGET', KEYS[i + 2], token)
    if alive and tonumber(alive) > now then answer[#answer + 1] = token end
  end
  answers[#answers + 1] = answer
end
return answers
`;

/** Reads one entry of {@link INSPECT}'s reply. */
export function readKeyState(key: string, entry: readonly [number, number, string, ...string[]]): KeyState {
  const [fence, expiresIn, token, ...waiting] = entry;
  return {
    key,
    holder: expiresIn > 0 ? { token, fencingToken: fence, expiresIn } : null,
    waiting,
    lastFencingToken: fence > 0 ? fence : null,
  };
}
