/** The guards of acquire and touch, as `mutant.ts` tells them. */
import { codeOf, Mode } from '../../../lib/stores/redis/scripts/mode.js';
import { FENCE_BLOCK } from '../../../lib/stores/lock-store.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const TOUCH = codeOf(Mode.touch);

const MINT = 'if value and string.sub(value, 1, 16) >= fence then';
const GRANTED = 'if not answer.err then answer = tonumber(fence) end';

export const HOLD_MUTANTS: readonly Mutant[] = [
  ...guards('any request', [
    [
      'reads what may be of another kind',
      "redis.pcall('GET'",
      "redis.call('GET'",
      'a foreign value fails its own request only',
    ],
    [
      'stops at a value of another kind',
      "if type(value) == 'table' then",
      'if false then',
      'a foreign value fails its own request only',
    ],
    [
      'is gone where there is no lease',
      `if mode >= ${TOUCH} and string.find`,
      'if false and string.find',
      'a foreign value is no lease',
    ],
    [
      'is not gone where it wanted to come in',
      `if mode >= ${TOUCH} and string.find`,
      'if string.find',
      'a foreign value fails its own request only',
    ],
    [
      'is not gone for any other reason',
      " and string.find(value.err, 'WRONGTYPE', 1, true) then",
      ' then',
      'what cannot be read is not gone',
    ],
  ]),

  ...guards('a free key', [
    [
      'is free where the lease was given back',
      'if not value or string.byte(value, 17) == 114 then',
      'if not value then',
      'a released token is gone for good',
    ],
    ['is not taken by a touch', `if mode == ${TOUCH} or value and`, 'if value and', 'a touch takes no free key'],
    [
      'is not taken by the token that gave it back',
      ' or value and string.sub(value, 18) == token then',
      ' then',
      'a released token is gone for good',
    ],
    ['gets the next fencing token', MINT, 'if false then', 'fencing tokens grow after a release', 1],
    [
      'gets a fencing token of the clock',
      "local fence = time[1] .. string.sub('00000' .. time[2], -6)",
      "local fence = '0000000000000001'",
      'fencing tokens keep up with the clock',
      1,
    ],
    ['is locked for so long', ", 'PX', string.sub(detail, 2))", ')', 'every key has an end', 1],
    [
      'may be refused by itself',
      "redis.pcall('SET', record, fence .. 'h' .. token",
      "redis.call('SET', record, fence .. 'h' .. token",
      'a full server grants nothing, and fails nothing else',
    ],
    [
      'is granted when it was written',
      GRANTED,
      'answer = tonumber(fence)',
      'a full server grants nothing, and fails nothing else',
      1,
    ],
  ]),

  ...guards('a held key', [
    [
      'is known to its holder',
      'elseif string.sub(value, 18) == token then',
      'elseif false then',
      'a holder has the same grant again',
    ],
    [
      "is its holder's only",
      'elseif string.sub(value, 18) == token then',
      'elseif true then',
      'nobody but its owner has a lease',
    ],
    ['is extended', "redis.call('PEXPIRE', record, string.sub(detail, 2))", '', 'a touch extends the lease'],
    [
      'is not taken before its time',
      'local admitted = left <= 0',
      'local admitted = true',
      'a live lease excludes others',
    ],
    [
      'is taken when its time is over',
      'local admitted = left <= 0',
      'local admitted = false',
      'an expired lease goes to who asks',
    ],
    [
      'is not taken by a touch',
      `if mode == ${TOUCH} and not waiting then`,
      'if false then',
      'a touch takes no expired lease',
    ],
    [
      'leaves its block to its holder',
      `if string.sub(value, 1, 16) + ${FENCE_BLOCK} > fence + 0 then`,
      'if false then',
      "the block of a lease that expired stays its owner's",
    ],
    ['is locked for so long', ", 'PX', string.sub(detail, 2))", ')', 'every key has an end', 2],
    [
      'may be refused by itself',
      "redis.pcall('SET', record, fence .. state",
      "redis.call('SET', record, fence .. state",
      'a full server grants nothing, and fails nothing else',
    ],
    [
      'is granted when it was written',
      GRANTED,
      'answer = tonumber(fence)',
      'a full server grants nothing, and fails nothing else',
      2,
    ],
  ]),
];
