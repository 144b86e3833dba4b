/** The guards of the queue of a shared key, as `mutant.ts` tells them. */
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const ENDS = 'every key of a shared lock has an end';
const WISHED = 'nobody comes in beside one that waits to be converted';
const WANTED = 'a waiter comes in as what it wanted';
const GONE = 'a share that was given back is gone for good';

export const SHARE_QUEUE_MUTANTS: readonly Mutant[] = [
  ...guards('shared, the queue', [
    [
      'goes first',
      'if not (waiting or head or wish) and',
      'if not (waiting or wish) and',
      'a newcomer does not overtake those that wait',
    ],
    [
      'waits for one that is converted',
      'if wish or alone and left > 0 then return nil, fence end',
      'if alone and left > 0 then return nil, fence end',
      WISHED,
    ],
    [
      'is not left out by a newcomer then',
      'if not (waiting or head or wish) and',
      'if not (waiting or head) and',
      WISHED,
    ],
    ['knows what each wants', 'if limit then return limit_of(limit), tonumber(weight) end', '', WANTED],
    [
      'forgets what one wanted that came in',
      'leave_no_trace(head)\n          if head == token',
      'if head == token',
      WANTED,
    ],
    [
      'tells that some would share',
      "redis.call('SETRANGE', record, 16, state)",
      '',
      'what a waiter wants lives as long as its place',
    ],
    ['tells it behind a writer', "redis.call('EXISTS', wants) == 1 and 'w'", "false and 'w'", WANTED],
    [
      'keeps what one wants',
      "if read('HEXISTS', wants, waiter) == 1 then",
      'if false then',
      'what a waiter wants lives as long as its place',
    ],
    [
      'keeps what one wants at first',
      ({ placeLife }) => `redis.call('PEXPIRE', wants, ${placeLife})\n            if`,
      'if',
      ENDS,
    ],
    [
      'passes over the silent',
      'if not head or is_alive(head, sign_of(head)) then',
      'if true then',
      'a silent waiter is passed over among many',
    ],
    [
      'is looked through at once where many have died',
      'return (first_alive())',
      'return nil',
      'the living are found behind many dead of a shared key',
    ],
    [
      'loses its dead',
      'leave_no_trace(head)\n        end\n        return (first',
      'end\n        return (first',
      'the living are found behind many dead of a shared key',
    ],
    ['comes in piece by piece', 'for _ = 1, 16 do', 'for _ = 1, 64 do', 'no more come in than one script may let in'],
    [
      'goes on at the next request',
      'extend(ttl)\n        pcall(serve_queue)',
      'extend(ttl)',
      'a holder lets in those that were not let in before',
    ],
    [
      'goes on behind one that leaves',
      'if not alone then pcall(serve_queue) end',
      '',
      'a waiter that gives up lets in those behind it',
    ],
    [
      'leaves a lease to its holder',
      'if not alone then pcall(serve_queue) end',
      'pcall(serve_queue)',
      'a waiter that gives up takes nothing from a holder',
    ],
    ['loses one that leaves', 'local stood = queued and leave(token) == 1', 'local stood = queued', GONE],
    [
      'forgets what one wanted that leaves',
      "read('HDEL', wants, token)",
      '',
      'a waiter that gives up lets in those behind it',
    ],
    [
      'gives the ttl that was asked for',
      ({ claimWindow }) => `head == token and ttl or ${claimWindow}`,
      '60',
      'one that comes in by its own request has the ttl that it asked for',
    ],
    [
      'gives the claim window',
      ({ claimWindow }) => `head == token and ttl or ${claimWindow}`,
      '60000',
      'one that is let in has the claim window',
    ],
    [
      'is not joined in part',
      "redis.pcall('HDEL', wants, waiter)",
      '',
      'who may not join leaves nothing that it wanted',
    ],
    [
      'is not joined by a touch',
      'elseif touch then\n        return 0',
      'elseif false then\n        return 0',
      'a touch brings nobody in beside others',
    ],
  ]),
];
