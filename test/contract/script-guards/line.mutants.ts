/** The guards of the line, as `mutant.ts` tells them. */
import { codeOf, Mode } from '../../../lib/stores/redis/scripts/mode.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const WAIT = codeOf(Mode.wait);

export const LINE_MUTANTS: readonly Mutant[] = [
  ...guards('the line', [
    [
      'is looked at',
      'local queued = string.byte(value, 17) == 113',
      'local queued = false',
      'the line comes before newcomers',
    ],
    [
      'knows who is in it',
      "queued and redis.call('HEXISTS', seen, token) == 1",
      'true',
      'nobody but its owner has a lease',
    ],
    ['keeps a place at each sign', 'if waiting then keep_place(token) end', '', 'a sign of life keeps a place'],
    [
      'is empty where all fell silent',
      'if not head then\n',
      'if false then\n',
      'a newcomer comes in where all in line fell silent',
    ],
    ['goes first', 'elseif head ~= token then', 'elseif false then', 'the line comes before newcomers'],
    ['keeps out who let it go first', ', false\n', ', true\n', 'the line comes before newcomers'],
    [
      'outlives that its first comes in',
      "local state = queued and 'q' or 'h'",
      "local state = 'h'",
      'the line outlives that its first comes in',
    ],
    [
      'is for those who want to wait',
      `if mode == ${WAIT} and not waiting then`,
      'if not waiting then',
      'who does not want to wait leaves no trace',
    ],
    [
      'is joined once',
      `if mode == ${WAIT} and not waiting then`,
      `if mode == ${WAIT} then`,
      'who asks again keeps its place',
    ],
    ['is on record', "redis.call('SETRANGE', record, 16, 'q')", '', 'a release admits the first in line'],
    [
      'passes over the silent',
      'if alive and tonumber(alive) > now then return',
      'if alive then return',
      'a silent waiter is not admitted',
      'all',
    ],
    ['forgets who comes in', "redis.call('HDEL', seen, head)", '', 'who was admitted no longer waits', 'all'],
    ['outlives a grant', "fence .. 'q' .. waiter", "fence .. 'h' .. waiter", 'the line outlives a grant', 'all'],
    [
      'is granted for so long',
      ({ claimWindow, retention }) => `waiter, 'PX', '${claimWindow + retention}')`,
      'waiter)',
      'every key has an end',
      'all',
    ],
    [
      'is granted even if nobody can be told',
      "redis.pcall('PUBLISH'",
      "redis.call('PUBLISH'",
      'a grant that nobody may be told of is a grant',
      'all',
    ],
    [
      'keeps signs for so long',
      ({ placeLife }) => `redis.call('PEXPIRE', seen, ${placeLife})`,
      '',
      'every key has an end',
      'all',
    ],
    [
      'lives for so long',
      ({ placeLife }) => `redis.call('PEXPIRE', line, ${placeLife})`,
      '',
      'every key has an end',
      'all',
    ],
    [
      'is in order though the clock has stepped back',
      'math.max(now, last + 1)',
      'now',
      'who joins comes last, though the clock has stepped back',
      'all',
    ],
  ]),

  ...guards('inspect', [
    [
      'shows no silent waiter',
      'if alive and tonumber(alive) > now then',
      'if alive then',
      'a silent waiter is not shown',
    ],
  ]),
];
