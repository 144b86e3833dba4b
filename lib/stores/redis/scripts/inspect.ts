/**
 * Reads the state of keys; writes nothing.
 *
 * KEYS: for each request the record.
 * Returns for each request: last fencing token (0 when none is on record), milliseconds the lease has left (0 when the
 * key is free), holder's token, then the tokens of the line whose places are alive, next first.
 */
import type { KeyState, StoreTiming } from '../../lock-store.js';
import { STATE } from './record.js';

/** The script's source. */
export function inspectScript({ retention }: StoreTiming): string {
  return `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
for i, record in ipairs(KEYS) do
  local value = redis.call('GET', record)
  local answer = { 0, 0, '' }
  if value then
    local left = redis.call('PTTL', record) - ${retention}
    local held = string.byte(value, 17) ~= ${STATE.releasedCode} and left > 0
    answer = { tonumber(string.sub(value, 1, 16)), held and left or 0, string.sub(value, 18) }
  end
  for _, token in ipairs(redis.call('ZRANGE', record .. ':line', 0, -1)) do
    local alive = redis.call('HGET', record .. ':seen', token)
    if alive and tonumber(alive) > now then answer[#answer + 1] = token end
  end
  answers[i] = answer
end
return answers
`;
}

/** Reads one entry of the script's reply. */
export function readKeyState(key: string, entry: readonly [unknown, unknown, string, ...string[]]): KeyState {
  const [fence, left, token, ...waiting] = entry;
  const [fencingToken, expiresIn] = [Number(fence), Number(left)];
  return {
    key,
    holder: expiresIn > 0 ? { token, fencingToken, expiresIn } : null,
    waiting,
    lastFencingToken: fencingToken > 0 ? fencingToken : null,
  };
}
