/**
 * Acquire and touch: both end in holding, waiting, or neither, and differ only in what a token may do that neither
 * holds nor waits yet.
 *
 * KEYS: for each request record, line, seen.
 * ARGV: for each request token, ttl in ms, mode.
 * Returns for each request one integer: the fencing token when held, 0 when gone, otherwise minus twice the
 * milliseconds that the holder's lease has left, less 1 when waiting or 2 when busy.
 */
import type { StoreAnswer } from '../../lock-store.js';

/** What a newcomer may do: take the key if it is free; else wait in line; or neither, because it is no newcomer. */
export const HoldMode = { try: '0', wait: '1', touch: '2' } as const;

export const HOLD = `
local answers = {}
for i = 1, #KEYS, 3 do
  local record, line, seen = KEYS[i], KEYS[i + 1], KEYS[i + 2]
  local token, ttl, mode = ARGV[i], ARGV[i + 1] * 1000, ARGV[i + 2]
  local fence, deadline, queued, holder = load(record)
  local answer

  if holder == token then
    if deadline == 0 then
      answer = 0
    else
      save(record, fence, now + ttl, queued, token)
      answer = fence
    end
  else
    local waiting = queued == '1' and redis.call('HEXISTS', seen, token) == 1
    if waiting then keep_place(line, seen, token) end
    if mode == '${HoldMode.touch}' and not waiting then
      answer = 0
    else
      local admitted = deadline <= now
      if admitted and queued == '1' then
        local head = next_in_line(line, seen)
        if not head then
          queued = '0'
        elseif head ~= token then
          deadline, holder, admitted = grant(record, fence, head), head, false
        end
      end
      if admitted then
        answer = math.max(fence + 1, now)
        save(record, answer, now + ttl, queued, token)
      else
        if mode == '${HoldMode.wait}' and not waiting then
          local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2] or 0
          redis.call('ZADD', line, math.max(now, last + 1), token)
          keep_place(line, seen, token)
          if queued == '0' then save(record, fence, deadline, '1', holder) end
          waiting = true
        end
        answer = -2 * math.ceil((deadline - now) / 1000) - (waiting and 1 or 2)
      end
    end
  end
  answers[#answers + 1] = answer
end
return answers
`;

/** Reads one integer of {@link HOLD}'s reply. */
export function readHoldAnswer(answer: number): StoreAnswer {
  if (answer > 0) return { state: 'held', fencingToken: answer };
  if (answer === 0) return { state: 'gone' };
  const waiting = answer % 2 !== 0;
  return { state: waiting ? 'waiting' : 'busy', expiresIn: (-answer - (waiting ? 1 : 2)) / 2 };
}
