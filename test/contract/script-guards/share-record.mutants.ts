/** The guards of how a shared key is written down, as `mutant.ts` tells them. */
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const REFUSED = 'a share that may not be written is no share';
const SAME = 'a conversion that may not be written changes nothing';
const ENDS = 'every key of a shared lock has an end';
const CLEARED = 'what a lease that was shared left is cleared away';
const STRICT = 'what is no record of a shared key is no lock';
const NAMED = 'what is beside a shared key is named';

export const SHARE_RECORD_MUTANTS: readonly Mutant[] = [
  ...guards('shared, a share', [
    [
      'is taken back where it could not be written',
      'take_back(holder, before, sum_before)\n          error',
      'error',
      REFUSED,
    ],
    ['is taken back', "redis.pcall('ZREM', ends, holder)", '', REFUSED],
    ['is taken back with its weight', 'pcall(write_sum, sum_before)', '', REFUSED],
    [
      'is taken back to what it was',
      'if before then\n          redis.pcall',
      'if false then\n          redis.pcall',
      SAME,
    ],
    ['is taken back to its end', "redis.pcall('ZADD', ends, before.ends, holder)", '', SAME],
    ['is taken back to its text', "redis.pcall('HSET', shares, holder, before.text)", '', SAME],
    [
      'is taken back to its limit',
      "if before.limit < math.huge then redis.pcall('ZADD', limits, before.limit, holder) end",
      '',
      SAME,
    ],
    [
      'is taken back where it would have been the first',
      "if not many then return redis.pcall('UNLINK', ends, limits, shares) end",
      '',
      'a share that may not be written leaves nothing beside',
    ],
    [
      'counts in place of the one before',
      'weight - (before and before.weight or 0)',
      'weight',
      'a smaller limit has a new fencing token',
    ],
    [
      'leaves no limit where it has none',
      "elseif before then\n            redis.call('ZREM', limits, holder)",
      "elseif false then\n            redis.call('ZREM', limits, holder)",
      'a smaller limit has a new fencing token',
    ],
    [
      'is not counted wrongly on a full server',
      "redis.call('HDEL', shares, '+')\n          sum = nil",
      'sum = nil',
      'a holder leaves a full server, and its place is not lost',
    ],
    [
      'is counted anew',
      'if share then total = total + share.weight end',
      '',
      'a holder leaves a full server, and its place is not lost',
    ],
    ['begins on a clean table', 'else\n          clear_beside()', 'else', CLEARED],
    ['leaves a clean table to a writer', 'if beside then pcall(clear_beside) end\n        state', 'state', CLEARED],
    ['leaves a clean table', 'if beside then pcall(clear_beside) end\n        return', 'return', CLEARED],
    ['is locked for so long', ", 'PX', longest +", ", 'PX', 10 +", ENDS],
    [
      'has an end',
      "if longest > left then\n            redis.call('PEXPIRE', ends, longest)",
      'if longest > left then',
      ENDS,
    ],
  ]),

  ...guards('shared, what is foreign', [
    ['has no end', 'if expires < 0 then return touch', 'if false then return touch', STRICT],
    ['has no end, and is not converted', 'if expires < 0 then return 0 end', '', STRICT],
    ['is named', 'then answer = -2 - i end', 'then end', NAMED],
    [
      'is not cleared away',
      "redis.call('ZCARD', ends)\n        redis.call('ZCARD', limits)\n        redis.call('HLEN', shares)",
      '',
      NAMED,
    ],
  ]),
];
