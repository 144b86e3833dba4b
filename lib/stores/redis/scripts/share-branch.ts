/** A request for a key that is shared, or whose token would share it. */
import type { StoreTiming } from '../../lock-store.js';
import { convert } from './convert.js';
import { codeOf, Mode } from './mode.js';
import { apart } from './queue.js';
import { eachForeignPart, NOT_A_QUEUE } from './record.js';
import { shareHold } from './share-hold.js';
import { shareHolders } from './share-holders.js';
import { shareQueue } from './share-queue.js';
import { shareRelease, USED } from './share-release.js';

/** How many holders whose lease has ended one request takes out; where all have ended it is done at once. */
const LAPSED = 64;

/** Sets `answer`. */
export function shareBranch(timing: StoreTiming): string {
  const request = `
      ${shareHolders(timing)}
      ${shareQueue(timing)}
      ${USED}
      ${TAKE_OUT_LAPSED}
      if mode == ${codeOf(Mode.release)} or mode == ${codeOf(Mode.pass)} or mode == ${codeOf(Mode.passShared)} then
        ${shareRelease(timing)}
      elseif mode == ${codeOf(Mode.convert)} or mode == ${codeOf(Mode.convertWaiting)} then
        ${convert(timing)}
      else
        ${shareHold(timing)}
      end
  `;
  const blame = `
      answer = ${NOT_A_QUEUE}
      ${eachForeignPart(`answer = ${NOT_A_QUEUE} - i`)}
  `;
  return apart(timing, request, blame);
}

/** Each lease ends by itself: its holder is out, whatever request comes next. Reads the token's own share before. */
const TAKE_OUT_LAPSED = `
      if many then
        local first = redis.call('ZRANGE', ends, 0, 0, 'WITHSCORES')
        local lapsed = first[1] and tonumber(first[2]) <= now
        if not first[1] or lapsed and redis.call('ZRANGE', ends, -1, -1, 'WITHSCORES')[2] + 0 <= now then
          all_left()
        else
          local known = redis.call('HMGET', shares, token, '^', '+')
          own, sum = parse(known[1]), tonumber(known[3] or nil)
          if known[2] then
            local limit, weight, wisher = string.match(known[2], '^= (%d+) (%d+) (.*)$')
            wish = wisher and { token = wisher, limit = limit_of(limit), weight = tonumber(weight) }
          end
          if own then
            own.ends = redis.call('ZSCORE', ends, token) or '0'
            if own.ends + 0 <= now then
              take_out({ token })
              own = nil
            end
          end
          if lapsed then
            local leavers = redis.call('ZRANGEBYSCORE', ends, '-inf', micros(now), 'LIMIT', 0, ${LAPSED})
            if #leavers > 0 then take_out(leavers) end
            pcall(tell_wisher)
          end
        end
      end
`;
