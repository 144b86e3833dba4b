/**
 * Acquire and touch: both end in holding, waiting, or neither, and differ only in what a token may do that neither
 * holds nor waits yet.
 *
 * KEYS: for each request the record.
 * ARGV: for each request token, ttl plus retention in ms, mode.
 * Returns for each request one integer: the fencing token when held, 0 when gone, otherwise minus twice the
 * milliseconds that the holder's lease has left, less 1 when waiting or 2 when busy.
 */
import type { StoreAnswer, StoreTiming } from '../../lock-store.js';
import { CLOCK, lineFunctions, MINT_FENCE, STATE } from './record.js';

/** What a newcomer may do: take the key if it is free; else wait in line; or neither, because it is no newcomer. */
export const HoldMode = { try: '0', wait: '1', touch: '2' } as const;

/** The script's source. */
export function holdScript(timing: StoreTiming): string {
  return `
local answers = {}
for i, record in ipairs(KEYS) do
  local token, life, mode = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  local value = redis.pcall('GET', record)
  local answer

  if type(value) == 'table' then
    -- Somebody else has put something else there. One such key must not fail the whole list.
    if mode ~= '${HoldMode.touch}' or not string.find(value.err, 'WRONGTYPE', 1, true) then return value end
    answer = 0

  elseif not value or string.byte(value, 17) == ${STATE.releasedCode} then
    if mode == '${HoldMode.touch}' or value and string.sub(value, 18) == token then
      answer = 0
    else
      ${CLOCK}
      ${MINT_FENCE}
      redis.call('SET', record, fence .. '${STATE.held}' .. token, 'PX', life)
      answer = tonumber(fence)
    end

  elseif string.sub(value, 18) == token then
    redis.call('PEXPIRE', record, life)
    answer = tonumber(string.sub(value, 1, 16))

  else
    ${CLOCK}
    ${lineFunctions(timing)}
    local queued = string.byte(value, 17) == ${STATE.queuedCode}
    local left = redis.call('PTTL', record) - ${timing.retention}
    local waiting = queued and redis.call('HEXISTS', seen, token) == 1
    if waiting then keep_place(token) end

    if mode == '${HoldMode.touch}' and not waiting then
      answer = 0
    else
      ${MINT_FENCE}
      local admitted = left <= 0
      if admitted and queued then
        local head = next_in_line()
        if not head then
          queued = false
        elseif head ~= token then
          grant(fence, head)
          left, admitted = ${timing.claimWindow}, false
        end
      end
      if admitted then
        local state = queued and '${STATE.queued}' or '${STATE.held}'
        redis.call('SET', record, fence .. state .. token, 'PX', life)
        answer = tonumber(fence)
      else
        if mode == '${HoldMode.wait}' and not waiting then
          local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2] or 0
          redis.call('ZADD', line, math.max(now, last + 1), token)
          keep_place(token)
          redis.call('SETRANGE', record, 16, '${STATE.queued}')
          waiting = true
        end
        answer = -2 * left - (waiting and 1 or 2)
      end
    end
  end
  answers[i] = answer
end
return answers
`;
}

/** Reads one integer of the script's reply. */
export function readHoldAnswer(answer: number): StoreAnswer {
  if (answer > 0) return { state: 'held', fencingToken: answer };
  if (answer === 0) return { state: 'gone' };
  const waiting = answer % 2 !== 0;
  return { state: waiting ? 'waiting' : 'busy', expiresIn: (-answer - (waiting ? 1 : 2)) / 2 };
}
