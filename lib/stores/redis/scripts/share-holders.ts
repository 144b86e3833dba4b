/**
 * Who holds a key that may be shared, in functions that are made only there. They expect what `queue.ts` defines, and keep
 * what they have read in variables: a request is carried out on those. Where a command is refused, a function leaves things
 * as they were as far as Redis allows, and raises the refusal.
 */
import { FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../../protocol.js';
import type { StoreTiming } from '../../lock-store.js';
import { MANY, REMEMBERED, STATE } from './record.js';
import { ADMITS } from './shares.js';

/** The functions, and what they work on. */
export function shareHolders({ retention }: StoreTiming): string {
  return `
      local ends, limits, shares, wants = record .. ':ends', record .. ':limits', record .. ':shares', record .. ':wants'
      local many = state == '${STATE.shared}'
      local is_free = value == '' or state == '${STATE.released}' or state == '${STATE.emptied}'
      -- Whether there may be a queue, and holders beside the record.
      local queued = not (value == '' or state == '${STATE.released}' or state == '${STATE.held}')
      local beside = many
      -- The token that holds the key for itself, though its lease may have ended.
      local alone = not (many or is_free) and owner or nil
      local expires = (value == '' or state == '${STATE.released}') and 0 or redis.call('PTTL', record)
      -- Milliseconds until the last lease ends, and how far behind the fencing token on record the next one is.
      local left = is_free and 0 or expires - ${retention}
      local step = alone and ${FENCE_BLOCK} or many and ${SHARED_FENCE_BLOCK} or 1
      -- The token's own share, the weight of all, and the holder that waits to be converted.
      local own, sum, wish
      -- The tokens that had the key before, for the next record.
      local rest = ' '
      if state == '${STATE.released}' then
        rest = string.sub(value, 18, string.find(value, ' ', 19, true))
      elseif value ~= '' then
        rest = string.sub(value, is_free and 18 or 19 + #owner, ${REMEMBERED})
      end
      ${ADMITS}

      local function limit_of(text)
        return text == '0' and math.huge or tonumber(text)
      end

      local function parse(text)
        local fence, weight, limit = string.match(text or '', '^(%d+) (%d+) (%d+)$')
        return fence and { text = text, fence = fence, weight = tonumber(weight), limit = limit_of(limit) }
      end

      local function micros(number)
        return string.format('%.0f', number)
      end

      local function remember_on_record(leaver)
        rest = string.sub(' ' .. leaver .. rest, 1, ${REMEMBERED - 17})
      end

      -- The last holder has left, or its lease has ended: any of its block may have been used.
      local function all_left()
        last = string.format('%016.0f', last + ${SHARED_FENCE_BLOCK - 1})
        many, own, sum, wish, left, step = false, nil, nil, nil, 0, 1
      end

      -- Writes down the weight of all. A full server forgets it; then it is made up when it is needed.
      local function write_sum(new)
        sum = new
        if type(redis.pcall('HSET', shares, '+', new)) == 'table' then
          redis.call('HDEL', shares, '+')
          sum = nil
        end
      end

      local function take_out(leavers)
        local known, less = redis.call('HMGET', shares, unpack(leavers)), 0
        redis.call('ZREM', limits, unpack(leavers))
        redis.call('ZREM', ends, unpack(leavers))
        for i, leaver in ipairs(leavers) do
          local share = parse(known[i])
          if share then less = less + share.weight end
          if wish and wish.token == leaver then
            redis.call('HDEL', shares, '^')
            wish = nil
          end
        end
        redis.call('HDEL', shares, unpack(leavers))
        if sum then write_sum(sum - less) end
      end

      local function weight_of_all()
        if sum then return sum end
        redis.call('HSET', shares, '+', '') -- nothing is added up for a server that is still full
        local total = 0
        for _, text in ipairs(redis.call('HVALS', shares)) do
          local share = parse(text)
          if share then total = total + share.weight end
        end
        write_sum(total)
        redis.call('PEXPIRE', shares, math.max(left, 1))
        return total
      end

      -- The smallest limit of the holders but one.
      local function smallest_limit(without)
        local found = redis.call('ZRANGE', limits, 0, 1, 'WITHSCORES')
        return tonumber(found[found[1] == without and 4 or 2]) or math.huge
      end

      -- Milliseconds until the first lease ends.
      local function first_end()
        if not many then return math.max(left, 1) end
        local first = redis.call('ZRANGE', ends, 0, 0, 'WITHSCORES')[2] or now
        return math.max(math.ceil((first - now) / 1000), 1)
      end

      local function mint()
        if not last or last + step <= clock + 0 then return clock end
        return string.format('%016.0f', last + step)
      end

      -- Takes away what a former time has left beside the record; what another program has put there is left alone.
      local function clear_beside()
        if redis.call('EXISTS', ends, limits, shares) == 0 then return end
        redis.call('ZCARD', ends)
        redis.call('ZCARD', limits)
        redis.call('HLEN', shares)
        redis.call('UNLINK', ends, limits, shares)
      end

      -- The fencing token to put on record, where one of a holder's block that is greater than the block of the latest grant
      -- was used.
      local function behind_used(used)
        if not used or used - ${SHARED_FENCE_BLOCK - 1} <= last + 0 then return last end
        return string.format('%016.0f', used - ${SHARED_FENCE_BLOCK - 1})
      end

      local function hold_alone(holder, fence, ttl)
        local letter = redis.call('EXISTS', wants) == 1 and '${STATE.wanted}'
          or unless_remembered('${STATE.held}', '${STATE.queued}')
        redis.call('SET', record, fence .. letter .. ' ' .. holder .. rest, 'PX', ttl + ${retention})
        if beside then pcall(clear_beside) end
        state, alone, many, beside, own, sum, wish = letter, holder, false, false, nil, nil, nil
        last, left, step, is_free = fence, ttl, ${FENCE_BLOCK}, false
      end

      local function take_back(holder, before, sum_before)
        if not many then return redis.pcall('UNLINK', ends, limits, shares) end
        redis.pcall('ZREM', limits, holder)
        if before then
          redis.pcall('ZADD', ends, before.ends, holder)
          redis.pcall('HSET', shares, holder, before.text)
          if before.limit < math.huge then redis.pcall('ZADD', limits, before.limit, holder) end
        else
          redis.pcall('ZREM', ends, holder)
          redis.pcall('HDEL', shares, holder)
        end
        pcall(write_sum, sum_before)
      end

      -- Makes a token one of the holders, or gives it another share: the one that it had is \`before\`. The last step
      -- counts: the record with \`latest\`, the fencing token of the latest grant.
      local function hold_with_others(holder, before, fence, latest, limit, weight, ttl)
        local sum_before, longest = 0, ttl
        if many then
          sum_before, longest = weight_of_all(), math.max(left, ttl)
        else
          clear_beside()
          left = 0
        end
        local sum_behind = sum_before + weight - (before and before.weight or 0)
        local written, refusal = pcall(function()
          redis.call('ZADD', ends, micros(now + ttl * 1000), holder)
          if limit < math.huge then
            redis.call('ZADD', limits, limit, holder)
            redis.call('PEXPIRE', limits, longest)
          elseif before then
            redis.call('ZREM', limits, holder)
          end
          local text = fence .. ' ' .. micros(weight) .. ' ' .. (limit < math.huge and micros(limit) or '0')
          redis.call('HSET', shares, holder, text, '+', micros(sum_behind))
          if longest > left then
            redis.call('PEXPIRE', ends, longest)
            redis.call('PEXPIRE', shares, longest)
          end
          redis.call('SET', record, latest .. '${STATE.shared} ${MANY}' .. rest, 'PX', longest + ${retention})
        end)
        if not written then
          take_back(holder, before, sum_before)
          error(refusal, 0)
        end
        state, alone, many, beside, is_free = '${STATE.shared}', nil, true, true, false
        sum, last, left, step = sum_behind, latest, longest, ${SHARED_FENCE_BLOCK}
      end

      -- The token's own lease ends by itself, whatever becomes of the others'.
      local function extend(ttl)
        local longest = math.max(left, ttl)
        redis.call('ZADD', ends, micros(now + ttl * 1000), token)
        if own.limit < math.huge then redis.call('PEXPIRE', limits, longest) end
        if ttl <= left then return end
        left = ttl
        redis.call('PEXPIRE', ends, ttl)
        redis.call('PEXPIRE', shares, ttl)
        redis.call('PEXPIRE', record, ttl + ${retention})
      end
`;
}
