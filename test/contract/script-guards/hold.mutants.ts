/** The guards of acquire and touch, as `mutant.ts` tells them. */
import { codeOf, Mode } from '../../../lib/stores/redis/scripts/mode.js';
import { STATE } from '../../../lib/stores/redis/scripts/record.js';
import { FENCE_BLOCK } from '../../../lib/stores/protocol.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const TOUCH = codeOf(Mode.touch);
const [HELD, QUEUED] = [codeOf(STATE.held), codeOf(STATE.queued)];

const COMES_IN = [Mode.tryShared, Mode.waitShared, Mode.ask].map((mode) => `mode == ${codeOf(mode)}`).join(' or ');
const FOREIGN = `answer = (mode < ${TOUCH} or ${COMES_IN}) and -1 or 0`;
const MINT = 'if last and last >= fresh then';
const STRICT = 'what is not exactly a record is no lock, and is left alone';
const ALONE = 'a foreign value fails its own request only';
const FULL = 'a full server grants nothing, and fails nothing else';

export const HOLD_MUTANTS: readonly Mutant[] = [
  ...guards('any request', [
    ['reads what may be of another kind', "redis.pcall('GETRANGE'", "redis.call('GETRANGE'", ALONE],
    ['stops at what is no lock', "if not last and value ~= '' then", 'if false then', STRICT],
    ['is gone where there is no lease', FOREIGN, 'answer = -1', 'a foreign value is no lease'],
    ['is not gone where it wanted to come in', FOREIGN, 'answer = 0', ALONE],
    [
      'is not gone for any other reason',
      "if value.err and not string.find(value.err, 'WRONGTYPE', 1, true) then",
      'if false then',
      'what cannot be read is not gone',
    ],
    ['wants a fencing token of a clock', "string.match(value, '^([1-8]", "string.match(value, '^([0-9]", STRICT],
    ['wants a record from its first letter', "string.match(value, '^(", "string.match(value, '(", STRICT],
    ['wants a letter that it knows', '([hqrews]) ([!-~]+) ', '(.) ([!-~]+) ', STRICT],
    ['wants a token', '([hqrews]) ([!-~]+) ', '([hqrews]) ([!-~]*)', STRICT],
    ['wants an end', 'if expires < 0 then return', 'if false then return', STRICT],
  ]),

  ...guards('a free key', [
    ['is not taken by a touch', `if mode < ${TOUCH} and (value`, 'if (value', 'a touch takes no free key'],
    ['is recognised as such', " and string.find(value, '^[1-8]", " or string.find(value, '^[1-8]", STRICT],
    [
      'is not taken by the token that gave it back',
      'if string.find(value, name, 18, true) then\n      answer = 0',
      'if false then\n      answer = 0',
      'a released token is gone for good',
    ],
    [
      'remembers who had it before',
      " .. string.sub(value, 19, string.find(value, ' ', 19, true))",
      '',
      'a released token is gone though another has the key',
    ],
    ['gets the next fencing token', MINT, 'if false then', 'fencing tokens grow after a release', 1],
    [
      'gets a fencing token of the clock',
      'local fresh = clock',
      "local fresh = '1000000000000000'",
      'fencing tokens keep up with the clock',
      1,
    ],
    ['is locked for so long', ", 'PX', string.sub(detail, 2))", ')', 'every key has an end', 1],
    ['is locked for so long at first', "'PX', string.sub(detail, 2), 'NX'", "'NX'", 'every key has an end'],
    ['is not taken where something empty lies', ", 'NX')", ')', STRICT],
    ['is not granted where something empty lies', 'if not answer then answer = -1 elseif', 'if', STRICT],
    [
      'may be refused by itself',
      "redis.pcall('SET', record, fresh .. 'h' .. name",
      "redis.call('SET', record, fresh .. 'h' .. name",
      FULL,
    ],
    [
      'may be refused by itself after another',
      "answer = redis.pcall('SET', record, text, 'PX', string.sub(detail, 2))",
      "answer = redis.call('SET', record, text, 'PX', string.sub(detail, 2))",
      FULL,
    ],
    ['is granted when it was written', 'elseif answer.ok then answer', 'else answer', FULL],
  ]),

  ...guards('a held key', [
    [
      'is known to its holder',
      `elseif mode <= ${TOUCH} and own and`,
      'elseif false and',
      'a holder has the same grant again',
    ],
    [
      "is its holder's only",
      `<= ${TOUCH} and own and`,
      `<= ${TOUCH} and letter and`,
      'nobody but its owner has a lease',
    ],
    [
      'is held no more once it was given back',
      `(letter == ${HELD} or letter == ${QUEUED})`,
      'true',
      'a released token is gone for good',
    ],
    [
      'is extended',
      "answer = redis.pcall('PEXPIRE', record, string.sub(detail, 2))",
      'answer = 1',
      'a touch extends the lease',
    ],
    [
      'may not be extended by itself',
      "answer = redis.pcall('PEXPIRE'",
      "answer = redis.call('PEXPIRE'",
      'a lease that may not be extended fails by itself',
    ],
    ['is not taken before its time', 'if left <= 0 then', 'if true then', 'a live lease excludes others'],
    ['is taken when its time is over', 'if left <= 0 then', 'if false then', 'an expired lease goes to who asks'],
    [
      'is not taken by a touch',
      `prolong_place(token) elseif mode == ${TOUCH} then return 0 end`,
      'prolong_place(token) end',
      'a touch takes no expired lease',
    ],
    [
      'leaves its block to its holder',
      `if last + ${FENCE_BLOCK} > fresh + 0 then`,
      'if false then',
      "the block of a lease that expired stays its owner's",
    ],
    ['is locked for so long', ", 'PX', string.sub(detail, 2))", ')', 'every key has an end', 2],
    ['is granted when it was written', 'if written.ok then return', 'if true then return', FULL, 1],
    [
      'keeps a place that was not granted',
      'if head then put_back(head, order, alive) end',
      '',
      'a grant that is refused costs no place',
    ],
  ]),
];
