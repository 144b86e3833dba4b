/**
 * What the scripts do where a key is contended, in functions that are made only there. They expect the record as it was
 * read, and `looks`, how many places this script may still look at: a script holds up all clients of the server, so the
 * work of each is bounded, however many waiters have died.
 *
 * Any command may be refused (no memory, no permission, a foreign value). Then the function raises the refusal, and what
 * it has written before is undone as far as Redis allows: an entry of a call succeeds or fails as a whole.
 */
import { PROCESS_ID_LENGTH } from '../../protocol.js';
import type { StoreTiming } from '../../lock-store.js';
import { CHANNEL_PREFIX } from '../grant-channel.js';
import { CLOCK, REMEMBERED, NOT_A_QUEUE, STATE } from './record.js';

/** How many places one script may look at, how many of them one by one, and how many of the living to choose from. */
const LOOKS = 512;
const ONE_BY_ONE = 64;
const CHOICE = 256;
/** How many outdated tokens are forgotten whenever one leaves. */
const SWEPT = 4;

/** Stands at the head of the script; for `renewed` see `share-renewal.ts`. */
export const BOUNDS = `local looks = ${LOOKS}
local renewed, renewed_left`;

/**
 * Runs an entry by itself; an error in it is its answer.
 *
 * @param blame - sets `answer` where something of another type lies beside the record.
 */
export function apart(timing: StoreTiming, body: string, blame = `answer = ${NOT_A_QUEUE}`): string {
  return `
    local fine
    fine, answer = pcall(function()
      ${CLOCK}
      ${queueFunctions(timing)}
      ${body}
    end)
    if not fine then
      if type(answer) ~= 'table' then answer = { err = 'ERR ' .. tostring(answer) } end
      if string.find(answer.err, 'WRONGTYPE', 1, true) then ${blame} end
    end
`;
}

function queueFunctions({ claimWindow, placeLife, retention }: StoreTiming): string {
  return `
      local queue, seen, now = record .. ':line', record .. ':seen', time[1] * 1000000 + time[2]

      -- Reads what may be of another type; what is no queue has no waiters.
      local function read(...)
        local reply = redis.pcall(...)
        if type(reply) ~= 'table' or not reply.err then return reply end
        if string.find(reply.err, 'WRONGTYPE', 1, true) then return nil end
        error(reply, 0)
      end

      -- The time until which a token's place lives; below zero when the token has left the queue.
      local function sign_of(waiter)
        return tonumber(read('ZSCORE', seen, waiter) or nil) or 0
      end

      local function outlive()
        redis.call('PEXPIRE', seen, ${placeLife})
        redis.call('PEXPIRE', queue, ${placeLife})
      end

      local function prolong_place(waiter)
        redis.call('ZADD', seen, string.format('%.0f', now + ${placeLife * 1000}), waiter)
        outlive()
      end

      local function put_back(waiter, order, sign)
        redis.pcall('ZADD', queue, order, waiter)
        redis.pcall('ZADD', seen, sign, waiter)
        pcall(outlive)
      end

      -- The first living waiter of a queue in which too many have died to look at each. Of many, the first among some.
      local function first_alive()
        local most = math.max(1, math.min(looks, ${CHOICE}))
        local living = read('ZRANGEBYSCORE', seen, string.format('(%.0f', now), '+inf', 'LIMIT', 0, most)
        if not living then return nil end
        if #living == 0 then redis.call('UNLINK', queue, seen) end
        local head, order
        for _, waiter in ipairs(living) do
          looks = looks - 1
          local place = tonumber(redis.call('ZSCORE', queue, waiter) or nil)
          if place and (not head or place < order) then head, order = waiter, place end
        end
        return head, order
      end

      local function is_alive(waiter, sign)
        return sign > now and #waiter < 256 and string.find(waiter, '^[!-~]+$')
      end

      -- Takes the first waiter whose place is still alive out of the queue, and the dead ones before it.
      local function next_in_queue()
        for _ = 1, math.min(looks, ${ONE_BY_ONE}) do
          looks = looks - 1
          local popped = read('ZPOPMIN', queue)
          local head = popped and popped[1]
          if not head then return nil end
          local sign = sign_of(head)
          read('ZREM', seen, head)
          if is_alive(head, sign) then return head, popped[2], sign end
        end
        local head, order = first_alive()
        if not head then return nil end
        local sign = sign_of(head)
        redis.call('ZREM', queue, head)
        redis.call('ZREM', seen, head)
        return head, string.format('%.17g', order), sign
      end

      -- Tells a token's process that it may begin. The message is a hint: without it the waiter learns by its next
      -- touch, so a refused PUBLISH must not undo the grant.
      local function tell(waiter, fence)
        local message = waiter .. ' ' .. fence .. ' ${claimWindow} ' .. string.format('%.0f', now)
        redis.pcall('PUBLISH', '${CHANNEL_PREFIX}' .. string.sub(waiter, 1, ${PROCESS_ID_LENGTH}), message)
      end

      -- Makes a waiter the holder for the claim window and tells its process.
      local function grant(fresh, earlier, waiter, order, sign)
        local text = fresh .. '${STATE.queued} ' .. waiter .. earlier
        local written = redis.pcall('SET', record, text, 'PX', '${claimWindow + retention}')
        if written.err then
          put_back(waiter, order, sign)
          error(written, 0)
        end
        tell(waiter, fresh)
      end

      local function join(waiter)
        local last = redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2] or 0
        redis.call('ZADD', queue, math.max(now, last + 1), waiter)
        local joined, refusal = pcall(function()
          prolong_place(waiter)
          if state == '${STATE.held}' then redis.call('SETRANGE', record, 16, '${STATE.queued}') end
        end)
        if not joined then
          redis.pcall('ZREM', queue, waiter)
          redis.pcall('ZREM', seen, waiter)
          error(refusal, 0)
        end
      end

      -- Remembers that a token left.
      local function remember(leaver)
        local left = string.format('%.0f', -now - ${placeLife * 1000})
        if type(redis.pcall('ZADD', seen, left, leaver)) == 'table' then return read('ZREM', seen, leaver) end
        redis.pcall('PEXPIRE', seen, ${placeLife})
        local outdated = read('ZRANGEBYSCORE', seen, string.format('%.0f', -now), '(0', 'LIMIT', 0, ${SWEPT})
        for _, token in ipairs(outdated or {}) do redis.pcall('ZREM', seen, token) end
      end

      -- Takes a token out of the queue; answers whether it had a living place.
      local function leave(waiter)
        if sign_of(waiter) <= now then return 0 end
        local stood = read('ZREM', queue, waiter)
        remember(waiter)
        return stood or 0
      end

      -- The state of a record whose queue is empty: tokens that have left may be remembered.
      local function unless_remembered(state, remembered)
        return redis.call('EXISTS', seen) == 1 and remembered or state
      end

      -- Tokens that had the key, for the next record; that of the present owner included, where it gave the key back.
      local function earlier(gave_back)
        return string.sub(value, gave_back and 18 or 19 + #owner, ${REMEMBERED})
      end

      -- Frees the key, whose holder gave it back. A server that has no memory left to write a record still deletes it.
      local function set_free(last, tokens)
        local text = last .. unless_remembered('${STATE.released}', '${STATE.emptied}') .. (tokens or earlier(true))
        local refusal = redis.pcall('SET', record, text, 'PX', retention)
        if refusal.err and type(redis.pcall('DEL', record)) == 'table' then error(refusal, 0) end
      end
`;
}
