/** The guards of the rule, the leases and the fencing tokens of shared keys, as `mutant.ts` tells them. */
import { FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../../../lib/stores/protocol.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const AGREE = 'callers that disagree get the smaller limit';
const LAPSED = 'an expired share counts no more';
const ENDS = 'every key of a shared lock has an end';
const BLOCKS = 'each of several holders has a block of its own';

export const SHARE_LEASE_MUTANTS: readonly Mutant[] = [
  ...guards('the renewal of a share', [
    [
      'is extended',
      "answer = redis.pcall('ZADD', record .. ':ends', ends, token)",
      'answer = 0',
      'each lease has an end of its own',
    ],
    [
      'is not extended beside one that has ended before that is out',
      'first[2] and first[2] + 0 > now and',
      'first[2] and',
      'a touch takes out those whose leases have ended',
    ],
    [
      'lets in who waits when it is extended',
      " and redis.call('EXISTS', record .. ':line') == 0 then",
      ' then',
      'a holder lets in those that were not let in before',
    ],
  ]),
  ...guards('shared, the rule', [
    ['goes by the limits of the holders', 'math.min(smallest, limit)', 'limit', AGREE],
    ['goes by the limit of the newcomer', 'math.min(smallest, limit)', 'smallest', AGREE],
    ['counts the weight of the newcomer', 'return weight + own_weight <=', 'return weight + 1 <=', 'weights count'],
    ['finds the smallest limit', '[found[1] == without and 4 or 2]) or math.huge', '[0]) or math.huge', AGREE],
    [
      'leaves out the limit of one that is converted',
      'without and 4 or 2',
      'without and 2 or 2',
      'a holder is not in the way of its own conversion',
    ],
    [
      'leaves out the weight of one that is converted',
      'admits(weight_of_all() - own.weight, smallest_limit(token), limit',
      'admits(weight_of_all(), smallest_limit(token), limit',
      'a holder is not in the way of its own conversion',
    ],
    [
      'counts a writer',
      'if alone and left > 0 then return admits',
      'if false then return admits',
      'a live writer keeps readers out',
    ],
  ]),

  ...guards('shared, a lease', [
    ['ends', 'if #leavers > 0 then take_out(leavers) end', '', LAPSED],
    [
      'ends where it is the only one',
      '[2] + 0 <= now then\n          all_left()',
      '[2] + 0 <= 0 then\n          all_left()',
      'shares that have all expired leave the key free',
    ],
    ['that has ended is none', 'if own.ends + 0 <= now then', 'if false then', 'an expired share is not revived'],
    ['that ends takes its weight along', 'if sum then write_sum(sum - less) end', '', LAPSED],
    [
      'that ends takes its limit along',
      "redis.call('ZREM', limits, unpack(leavers))",
      '',
      'the limit of one that left counts no more',
    ],
    ['that ends leaves no share', "redis.call('HDEL', shares, unpack(leavers))", '', LAPSED],
    [
      'is extended where others wait',
      "redis.call('ZADD', ends, micros(now + ttl * 1000), token)",
      '',
      'a lease is extended though a caller waits',
    ],
    [
      'is extended by its own request only',
      'elseif own then\n        if ask',
      'elseif many then\n        if ask',
      'a touch brings nobody in beside others',
    ],
    [
      'is no place in the queue',
      'if alone ~= token and not own then',
      'if alone ~= token and not many then',
      'nobody but its owner gives a share back',
    ],
    ['keeps what is beside the record', "left = ttl\n        redis.call('PEXPIRE', ends, ttl)", 'left = ttl', ENDS],
    ['keeps the shares', "redis.call('PEXPIRE', shares, ttl)", '', ENDS],
    ['keeps the limits', "if own.limit < math.huge then redis.call('PEXPIRE', limits, longest) end", '', ENDS],
  ]),

  ...guards('shared, a fencing token', [
    [
      'is behind the block of each other',
      `alone and ${FENCE_BLOCK} or many and ${SHARED_FENCE_BLOCK} or 1`,
      `alone and ${FENCE_BLOCK} or 1`,
      BLOCKS,
    ],
    [
      'is behind that of one that came in before',
      `= sum_behind, latest, longest, ${SHARED_FENCE_BLOCK}`,
      '= sum_behind, latest, longest, 1',
      'each that comes in together has a block of its own',
    ],
    [
      'is behind those that have left',
      `last = string.format('%016.0f', last + ${SHARED_FENCE_BLOCK - 1})\n        many`,
      'many',
      'the block of the last to leave is used up',
    ],
    ['is of the record', 'if not last or last + step <= clock + 0 then', 'if true then', BLOCKS],
    [
      'is behind what was used',
      'if latest ~= last then',
      'if false then',
      'fencing tokens grow over what was used among many',
    ],
    [
      'is behind what was used before a downgrade',
      'hold_with_others(token, nil, fence, behind_used(used)',
      'hold_with_others(token, nil, fence, last',
      'fencing tokens grow over what was used before a downgrade',
    ],
    [
      'is behind what a writer used',
      'elseif used and used > last then\n          last = used',
      'elseif false then\n          last = used',
      'fencing tokens grow over what a writer used whom readers follow',
    ],
    [
      'is a new one for a smaller limit',
      'if limit < own.limit then',
      'if false then',
      'a smaller limit has a new fencing token',
    ],
    [
      'is the same for a greater limit',
      'if limit < own.limit then',
      'if true then',
      'a smaller limit has a new fencing token',
    ],
  ]),
];
