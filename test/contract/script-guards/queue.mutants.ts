/** The guards of the queue, as `mutant.ts` tells them. */
import { codeOf, Mode } from '../../../lib/stores/redis/scripts/mode.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const WAIT = codeOf(Mode.wait);
const JOIN = `if mode == ${WAIT} and not waiting then`;
const LEFT = 'who left the queue is gone for good';
const REFUSED = 'a grant that is refused costs no place';
const ALONE = 'what is no queue holds up nobody';

export const QUEUE_MUTANTS: readonly Mutant[] = [
  ...guards('the queue', [
    ['is looked at', 'if queued then head', 'if false then head', 'the queue comes before newcomers'],
    [
      'knows who is in it',
      'local sign = queued and sign_of(token) or 0',
      'local sign = now + 1',
      'nobody but its owner has a place',
    ],
    ['knows who has left it', 'if sign < 0 then return 0 end', '', LEFT],
    [
      'keeps a place at each sign',
      'if waiting then prolong_place(token) elseif',
      'if waiting then elseif',
      'a sign of life keeps a place',
    ],
    [
      'holds no place for who fell silent',
      'local waiting = sign > now',
      'local waiting = sign > 0',
      'a place that has died is no place',
    ],
    [
      'is empty where all fell silent',
      'if head and head ~= token then',
      'if head ~= token then',
      'a newcomer comes in where all in the queue fell silent',
    ],
    ['goes first', 'if head and head ~= token then', 'if false then', 'the queue comes before newcomers'],
    [
      'outlives that its first comes in',
      "local letter = queued and unless_remembered('h', 'q') or 'h'",
      "local letter = 'h'",
      'the queue outlives that its first comes in',
    ],
    ['is for those who want to wait', JOIN, 'if not waiting then', 'who does not want to wait leaves no trace'],
    ['is joined once', JOIN, `if mode == ${WAIT} then`, 'who asks again keeps its place'],
    ['is on record', "redis.call('SETRANGE', record, 16, 'q')", '', 'a release admits the first in the queue', 'all'],
    [
      'passes over the silent',
      'return sign > now and #waiter',
      'return sign > 0 and #waiter',
      'a silent waiter is not admitted',
      'all',
    ],
    [
      'passes over what is no token',
      " and string.find(waiter, '^[!-~]+$')",
      '',
      'a stranger in the queue is not admitted',
      'all',
    ],
    [
      'passes over what is too long for a token',
      ' and #waiter < 256 and',
      ' and',
      'a stranger in the queue is not admitted',
      'all',
    ],
    ['forgets who comes in', "read('ZREM', seen, head)", '', 'who was admitted no longer waits', 'all'],
    [
      'outlives a grant',
      "fresh .. 'q ' .. waiter .. earlier",
      "fresh .. 'h ' .. waiter .. earlier",
      'the queue outlives a grant',
      'all',
    ],
    [
      'remembers who had the key before',
      "fresh .. 'q ' .. waiter .. earlier",
      "fresh .. 'q ' .. waiter .. ' '",
      'who passed the key on is gone for good',
      'all',
    ],
    [
      'is granted for so long',
      ({ claimWindow, retention }) => `text, 'PX', '${claimWindow + retention}')`,
      'text)',
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
    ['takes back who could not be admitted', 'put_back(waiter, order, sign)\n          error', 'error', REFUSED, 'all'],
    ['takes back its order', "redis.pcall('ZADD', queue, order, waiter)", '', REFUSED, 'all'],
    ['takes back its sign of life', "redis.pcall('ZADD', seen, sign, waiter)", '', REFUSED, 'all'],
    ['ends though somebody was taken back', 'pcall(outlive)', '', REFUSED, 'all'],
    [
      'keeps signs for so long',
      ({ placeLife }) => `redis.call('PEXPIRE', seen, ${placeLife})`,
      '',
      'every key has an end',
      'all',
    ],
    [
      'lives for so long',
      ({ placeLife }) => `redis.call('PEXPIRE', queue, ${placeLife})`,
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
    ['is not joined in part', "redis.pcall('ZREM', queue, waiter)", '', 'who may not join leaves no trace', 'all'],
    [
      'is not joined in part, unseen',
      "redis.pcall('ZREM', seen, waiter)\n          error",
      'error',
      'who may not join leaves no trace',
      'all',
    ],
    ['remembers who leaves', 'local left = string.format', 'local left = 0 local _ = string.format', LEFT, 'all'],
    [
      'remembers for so long',
      ({ placeLife }) => `redis.pcall('PEXPIRE', seen, ${placeLife})`,
      '',
      'the memory of who left ends',
      'all',
    ],
    [
      'forgets in the end',
      "for _, token in ipairs(outdated or {}) do redis.pcall('ZREM', seen, token) end",
      '',
      'the memory of who left is bounded',
      'all',
    ],
    [
      'is nobody where it is no queue',
      "if string.find(reply.err, 'WRONGTYPE', 1, true) then return nil end",
      '',
      ALONE,
      'all',
    ],
    ['is told apart from a refusal', 'answer = -2', 'answer = 0', 'who cannot join is told why', 'all'],
    ['goes wrong by itself', 'if not fine then', 'if not fine then error(answer, 0)', 'Lua fails alone', 'all'],
  ]),

  ...guards('a long queue', [
    [
      'is not looked through at once',
      'for _ = 1, math.min(looks, 64) do',
      'while true do',
      'the work of one script is bounded',
      'all',
    ],
    [
      'is not looked through for each of a call',
      'looks = looks - 1\n          local popped',
      'local popped',
      'the work of one call is bounded',
      'all',
    ],
    [
      'is served where many have died',
      'local head, order = first_alive()',
      'local head, order',
      'the living are found behind many dead',
      'all',
    ],
    ['is served in order', 'or place < order) then', 'or false) then', 'the living are found behind many dead', 'all'],
    [
      'is given up where all have died',
      "if #living == 0 then redis.call('UNLINK', queue, seen) end",
      '',
      'a queue of the dead is cleared away',
      'all',
    ],
    ['loses whom it serves', "redis.call('ZREM', queue, head)", '', 'the living are found behind many dead', 'all'],
    ['forgets whom it serves', "redis.call('ZREM', seen, head)", '', 'the living are found behind many dead', 'all'],
  ]),

  ...guards('inspect', [
    ['shows no silent waiter', 'if sign and sign > now then', 'if sign then', 'a silent waiter is not shown'],
    ['shows what is no lock', 'return { foreign and 1 or 0', 'return { 0', 'what is no lock is shown'],
    ['shows what is empty', " or redis.call('EXISTS', record) == 1", ' or false', 'what is no lock is shown'],
    ['shows what is no queue', 'then foreign = true end\n      end', 'then end\n      end', 'what is no lock is shown'],
    [
      'shows what has no end',
      'and expires < 0 then foreign = true end',
      'and false then foreign = true end',
      'what is no lock is shown',
    ],
  ]),
];
