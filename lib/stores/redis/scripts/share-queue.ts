/**
 * Who comes in where a key may be shared, in functions that are made only there: the head of the queue when it fits, and as
 * many behind it as fit, in order; a newcomer behind all of them. They expect what `share-holders.ts` defines.
 */
import type { StoreTiming } from '../../lock-store.js';
import { STATE } from './record.js';

/** How many dead places one request looks at one by one, and how many waiters it lets in. */
const ONE_BY_ONE = 64;
const LET_IN = 16;

/** The functions. */
export function shareQueue({ claimWindow, placeLife }: StoreTiming): string {
  return `
      local function fits(limit, weight)
        if alone and left > 0 then return admits(1, 1, limit, weight) end
        if not many then return admits(0, math.huge, limit, weight) end
        return admits(weight_of_all(), smallest_limit(), limit, weight)
      end

      -- Tells a holder that waits to be converted that it need not wait any longer.
      local function tell_wisher()
        local share = wish and parse(redis.call('HGET', shares, wish.token) or nil)
        if not share then return end
        if admits(weight_of_all() - share.weight, smallest_limit(wish.token), wish.limit, wish.weight) then
          tell(wish.token, share.fence)
        end
      end

      local function let_in(holder, limit, weight, ttl)
        local fence = mint()
        if limit == 1 then
          hold_alone(holder, fence, ttl)
        else
          hold_with_others(holder, nil, fence, fence, limit, weight, ttl)
        end
        return fence
      end

      local function prolong(waiter)
        prolong_place(waiter)
        if read('HEXISTS', wants, waiter) == 1 then redis.call('PEXPIRE', wants, ${placeLife}) end
      end

      local function leave_no_trace(waiter)
        read('ZREM', queue, waiter)
        read('ZREM', seen, waiter)
        read('HDEL', wants, waiter)
      end

      -- The first waiter whose place is alive; the dead ones before it are taken out.
      local function first_in_queue()
        if not queued then return nil end
        for _ = 1, math.min(looks, ${ONE_BY_ONE}) do
          looks = looks - 1
          local head = (read('ZRANGE', queue, 0, 0) or {})[1]
          if not head or is_alive(head, sign_of(head)) then return head end
          leave_no_trace(head)
        end
        return (first_alive())
      end

      local function wanted_by(waiter)
        local limit, weight = string.match(read('HGET', wants, waiter) or '', '^(%d+) (%d+)$')
        if limit then return limit_of(limit), tonumber(weight) end
        return 1, 1
      end

      -- Lets in from the queue as many as may come in, in order; the token itself for \`ttl\`. Answers who is first then,
      -- as far as it is known, and the fencing token of the token itself.
      local function serve_queue(ttl)
        local fence
        for _ = 1, ${LET_IN} do
          if wish or alone and left > 0 then return nil, fence end
          local head = first_in_queue()
          if not head then return nil, fence end
          local limit, weight = wanted_by(head)
          if not fits(limit, weight) then return head, fence end
          local granted = let_in(head, limit, weight, head == token and ttl or ${claimWindow})
          leave_no_trace(head)
          if head == token then fence = granted else tell(head, granted) end
        end
        return first_in_queue(), fence
      end

      -- Whether an acquire of the token, which is no holder, would be granted: behind those in the queue that come in first.
      local function could_come_in(limit, weight)
        if wish or not fits(limit, weight) then return false end
        local taken, smallest = 0, math.huge
        if many then taken, smallest = weight_of_all(), smallest_limit() end
        local places = queued and first_in_queue() and read('ZRANGE', queue, 0, ${LET_IN}) or {}
        if #places > ${LET_IN} then return false end
        for _, waiter in ipairs(places) do
          local own_limit, own_weight = wanted_by(waiter)
          if waiter == token then return admits(taken, smallest, own_limit, own_weight) end
          if is_alive(waiter, sign_of(waiter)) then
            if not admits(taken, smallest, own_limit, own_weight) then return false end
            taken, smallest = taken + own_weight, math.min(smallest, own_limit)
          end
        end
        return admits(taken, smallest, limit, weight)
      end

      local function join_with(waiter, limit, weight)
        if limit > 1 then
          redis.call('HSET', wants, waiter, (limit < math.huge and micros(limit) or '0') .. ' ' .. micros(weight))
        end
        local joined, refusal = pcall(function()
          if limit > 1 then
            redis.call('PEXPIRE', wants, ${placeLife})
            if alone then
              state = '${STATE.wanted}'
              redis.call('SETRANGE', record, 16, state)
            end
          end
          join(waiter)
        end)
        if not joined then
          redis.pcall('HDEL', wants, waiter)
          error(refusal, 0)
        end
        queued = true
      end
`;
}
