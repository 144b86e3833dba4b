/**
 * Release and pass where a key is shared, or the successor would share it. `detail` of a pass to such a successor: as of
 * any pass, see `release.ts`, but with the limit and the weight (16 digits each) in front of the successor's token.
 */
import { FENCE_BLOCK } from '../../protocol.js';
import type { StoreTiming } from '../../lock-store.js';
import { codeOf, Mode } from './mode.js';
import { LEFT_OUT, WAITING } from './replies.js';

/** Reads in Lua the last fencing token used that a request tells, where it can be one. */
export const USED = `
      local function used_of(text)
        return string.match(text, '^[0-8]${'%d'.repeat(15)}$')
      end
`;

/** Answers the entry; see `share-holders.ts` for what it works on. */
export function shareRelease({ retention }: StoreTiming): string {
  return `
      local told, successor, life, limit, weight = '', '', 0, 1, 1
      if mode ~= ${codeOf(Mode.release)} then
        told, life, successor = string.sub(detail, 2, 17), tonumber(string.sub(detail, 18, 33)), string.sub(detail, 34)
      end
      if mode == ${codeOf(Mode.passShared)} then
        limit, weight = tonumber(string.sub(successor, 1, 16)), tonumber(string.sub(successor, 17, 32))
        if limit == 0 then limit = math.huge end
        successor = string.sub(successor, 33)
      end

      -- What the successor has already, for longer; nil where that is nothing.
      local function as_it_is()
        if alone == successor then
          redis.call('PEXPIRE', record, life)
          return tonumber(last)
        end
        own = many and parse(redis.call('HGET', shares, successor) or nil)
        if own and (redis.call('ZSCORE', ends, successor) or 0) + 0 > now then
          token = successor
          extend(life - ${retention})
          return tonumber(own.fence)
        elseif queued and sign_of(successor) > now then
          prolong(successor)
          return { first_end(), now, ${WAITING} }
        end
      end

      if alone ~= token and not own then
        -- Carried out before, or of a lease that is lost, or of a waiter.
        local stood = queued and leave(token) == 1
        if stood then
          read('HDEL', wants, token)
          if not alone then pcall(serve_queue) end
        end
        if successor == '' then
          if owner == token and not alone then return 1 end
          return stood and mode == ${codeOf(Mode.release)} and 1 or 0
        end
        return as_it_is() or 0
      end

      local used = used_of(told)
      local had_queue = first_in_queue() ~= nil
      if alone then
        if told ~= '' and not used then
          last = string.format('%016.0f', last + ${FENCE_BLOCK - 1})
        elseif used and used > last then
          last = used
        end
        alone, left, step = nil, 0, 1
        remember_on_record(token)
      else
        take_out({ token })
        own = nil
        local latest = behind_used(used)
        if latest ~= last then
          last = latest
          redis.pcall('SETRANGE', record, 0, last)
        end
        if redis.call('EXISTS', ends) == 0 then
          all_left()
          remember_on_record(token)
        else
          remember(token)
          pcall(tell_wisher)
        end
      end

      pcall(serve_queue)
      if successor ~= '' and not had_queue and not wish then
        local asked, may = pcall(fits, limit, weight)
        if asked and may and not (many and as_it_is()) then
          local granted, fence = pcall(let_in, successor, limit, weight, life - ${retention})
          if granted then return tonumber(fence) end
        end
      end
      if not (alone or many) then
        set_free(last, rest)
        if beside then pcall(clear_beside) end
        return successor ~= '' and { 0, now, ${LEFT_OUT} } or 1
      end
      if successor == '' then return 1 end
      local known = as_it_is()
      if known then return known end
      local joined = pcall(join_with, successor, limit, weight)
      return { first_end(), now, joined and ${WAITING} or ${LEFT_OUT} }
`;
}
