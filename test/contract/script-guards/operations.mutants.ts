/** The guards of lists, and of what holders are told, as `mutant.ts` tells them. */
import { STATE } from '../../../lib/stores/redis/scripts/record.js';
import { LEFT_OUT, WAITING } from '../../../lib/stores/redis/scripts/replies.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const HOLDER = 'a list shows who holds a key, and how many wait';
const SHARE = 'a list shows a share with its limit and its weight';
const ENDED = 'a list counts no share that has ended, and shows one that has not';
const NOBODY = 'a list leaves out what nobody has';
const DEAD = 'a list counts no waiter that has died';
const FOREIGN = 'a list shows what is no lock, and nothing of it at another key';
const TOLD = 'whoever loses a lease is told, whoever comes next';
const UNTOLD = 'whoever lost nothing is told nothing';

const LIVING = "'(' .. string.format('%.0f', now), '+inf')";

export const OPERATIONS_MUTANTS: readonly Mutant[] = [
  ...guards('list', [
    [
      'fails where it may not read',
      "'WRONGTYPE', 1, true) then error(reply)",
      "'', 1, true) then error(reply)",
      'a list that may not read says so',
    ],
    ['remembers what is no part of a lock', 'foreign_part = true', 'foreign_part = false', FOREIGN],
    [
      'looks at each key anew',
      'local function summary(record)\n  foreign_part = false',
      'local function summary(record)',
      FOREIGN,
    ],
    ['shows what is no lock', 'if foreign then return { 1, 0, 0 } end', "if foreign then return '' end", FOREIGN],
    ['shows what is no part of a lock', 'if foreign_part then found[1] = 1 end', '', FOREIGN],
    ['counts no waiter that has died', LIVING, "'-inf', '+inf')", DEAD, 1],
    ['counts no share that has ended', LIVING, "'-inf', '+inf')", ENDED, 2],
    [
      'shows the share that lives longest',
      "'ZRANGE', record .. ':ends', -1, -1",
      "'ZRANGE', record .. ':ends', 0, 0",
      ENDED,
    ],
    ['shows a share only if one is alive', 'found[2] > 0 and look', 'look', ENDED],
    ['tells the share', 'limit, weight }', 'weight, limit }', SHARE],
    ['shows the dead no more', ({ retention }) => ` and expires > ${retention} then`, ' then', NOBODY],
    ['tells the lease without the retention', ({ retention }) => `expires - ${retention}, '1'`, "expires, '1'", HOLDER],
    [
      'leaves out a key that nobody has',
      "and waiting == 0 then return '' end",
      "and waiting == 0 and false then return '' end",
      NOBODY,
    ],
    ['shows a key that has its holder', 'found[2] = 1', 'found[2] = 0', HOLDER],
  ]),

  ...guards('telling', [
    [
      'knows who shares a key',
      `if state == '${STATE.shared}' then return tonumber`,
      'if false then return tonumber',
      TOLD,
    ],
    ['knows what was given back', ` and state ~= '${STATE.released}' and`, ' and', UNTOLD],
    ['knows what was given back to nobody', ` and state ~= '${STATE.emptied}'\nend`, '\nend', UNTOLD],
    ['knows the holder', 'return last and owner == token', 'return last', UNTOLD],
    ['tells holders only', 'if had and taken', 'if taken', UNTOLD],
    ['tells what was done', 'if had and taken', 'if had', 'whoever could not be released is told nothing'],
    ['tells where a successor waits', ` or place == ${WAITING} or`, ' or', TOLD],
    [
      'tells where a successor was left out',
      ` or place == ${LEFT_OUT}\n`,
      '\n',
      'whoever loses a lease on a full server is told',
    ],
    ['tells where nobody waits', "type(reply) == 'number' and reply > 0 or place", 'place', TOLD],
    [
      'fails by nothing that it says',
      "redis.pcall('PUBLISH', ARGV[2]",
      "redis.call('PUBLISH', ARGV[2]",
      'a lease is taken away though its holder can not be told',
    ],
  ]),
];
