/** The guards of release and pass, as `mutant.ts` tells them. */
import { codeOf, Mode } from '../../../lib/stores/redis/scripts/mode.js';
import { STATE } from '../../../lib/stores/redis/scripts/record.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const MINT = 'if last and last >= fresh then';
const NAMED = "if successor == '' then return 1 end";
const [RELEASE, HELD] = [codeOf(Mode.release), codeOf(STATE.held)];
const FREES = 'a full server still frees keys';
const USED = 'fencing tokens grow over what was used of a lease that is';

export const RELEASE_MUTANTS: readonly Mutant[] = [
  ...guards('a release', [
    [
      "is its owner's",
      `letter == ${HELD} and own then`,
      `letter == ${HELD} then`,
      'nobody but its owner releases a lease',
    ],
    [
      'frees no key that others wait for',
      `== ${RELEASE} and letter == ${HELD} and own`,
      `== ${RELEASE} and own`,
      'a release admits the first in the queue',
    ],
    [
      'frees the key',
      `elseif mode == ${RELEASE} and letter`,
      'elseif false and letter',
      'a release is answered released, and frees the key',
    ],
    ['is remembered for so long', ", 'PX', retention)", ')', 'every key has an end', 1],
    [
      'frees a key on a full server',
      "if answer.ok or redis.pcall('DEL', record) == 1 then",
      'if answer.ok then',
      FREES,
    ],
    [
      'looks at the queue',
      "if state == 'q' or state == 'e' then",
      'if false then',
      'a release admits the first in the queue',
    ],
    [
      'that was carried out was one',
      "answer = owner == token and state == 'r' and 1 or 0",
      'answer = 0',
      'a release that is replayed was a release',
    ],
    [
      'of an unknown token is gone',
      "answer = owner == token and state == 'r' and 1 or 0",
      'answer = 1',
      'nobody but its owner releases a lease',
    ],
    [
      'of a lease is no place that is left',
      'if owner ~= token then return leave(token) end',
      '',
      'nobody but its owner releases a lease that others wait for',
    ],
    [
      'frees the key where the queue is empty',
      'head, order, sign) then set_free(last) end',
      'head, order, sign) then end',
      'a release frees the key when all have left the queue',
    ],
    [
      'gives the queue the next fencing token',
      MINT,
      'if false then',
      'fencing tokens grow when the queue is served',
      3,
    ],
    [
      'frees the key though nobody could be admitted',
      'if not head or not pcall(grant, fresh',
      'if not head or not grant(fresh',
      FREES,
    ],
    [
      'takes who leaves out of the queue',
      "local stood = read('ZREM', queue, waiter)",
      'local stood = 1',
      'who leaves the queue has no place',
      'all',
    ],
    [
      'takes nobody for who leaves',
      'if sign_of(waiter) <= now then return 0 end',
      '',
      'nobody but its owner releases a lease that others wait for',
      'all',
    ],
    [
      'frees a key with a queue on a full server',
      "if refusal.err and type(redis.pcall('DEL', record)) == 'table' then error",
      'if refusal.err then error',
      FREES,
      'all',
    ],
    [
      'is remembered with a queue',
      "text, 'PX', retention)\n        if refusal",
      'text)\n        if refusal',
      'every key has an end',
      'all',
    ],
    [
      'remembers who left the queue',
      "unless_remembered('r', 'e')",
      "'r'",
      'who left the queue is gone for good',
      'all',
    ],
  ]),

  ...guards('a pass', [
    ["is its owner's", 'if held and owner == token then', 'if held then', 'nobody but its owner passes a lease on'],
    [
      'is of a lease that is held',
      'if held and owner == token then',
      'if owner == token then',
      'a lease that was given back is not passed on',
    ],
    ['tells what was used', 'last = used\n', '\n', `${USED} given back`],
    ['tells the next what was used', 'last = used\n', '\n', `${USED} passed on`],
    ['takes nothing back', 'elseif used > last then', 'else', 'a fencing token that cannot be is not put on record'],
    [
      'believes no fencing token that cannot be',
      'if not used then',
      'if false then',
      'a fencing token that cannot be is not put on record',
    ],
    ['gives the next fencing token', MINT, 'if false then', `${USED} passed on`, 4],
    [
      'lets the queue go first',
      "if state == 'q' then head, order, sign",
      'if false then head, order, sign',
      'a lease is passed to the queue before the successor',
    ],
    ['lets nobody join who is not named', NAMED, '', 'without a successor nobody joins'],
    [
      'frees the key though nobody could be admitted',
      'if head and pcall(grant, fresh',
      'if head and grant(fresh',
      'a pass that could serve nobody frees the key',
    ],
    [
      'goes on though the successor may not join',
      'pcall(join, successor) and',
      'join(successor) or',
      'a pass is a release though its successor may not join',
    ],
    ['gives the lease for so long', "earlier(true), 'PX', life)", 'earlier(true))', 'every key has an end'],
    [
      'is granted when it was written',
      'if written.ok then return',
      'if true then return',
      'a full server grants nothing, and fails nothing else',
      2,
    ],
    [
      'frees the key where nobody takes it',
      'set_free(last)\n        return successor',
      'return successor',
      'without a successor the key is free',
    ],
    [
      'takes its token out of the queue',
      'if queued then leave(token) end',
      '',
      'a pass takes its token out of the queue',
    ],
    [
      'replayed knows that the successor was released',
      'if held and owner == successor then',
      'if owner == successor then',
      'a pass that is replayed revives no successor that was released',
    ],
    [
      'replayed knows that the successor holds',
      'if held and owner == successor then',
      'if false then',
      'a pass that is replayed is answered by what the successor has',
    ],
    [
      'replayed extends the lease of the successor',
      "redis.call('PEXPIRE', record, life)",
      '',
      'a pass that is replayed is answered by what the successor has',
    ],
    [
      'replayed knows that the successor left',
      'elseif queued and sign_of(successor) > now then',
      'elseif queued then',
      'a pass that is replayed revives no successor that left the queue',
    ],
    [
      'replayed knows that the successor waits',
      'elseif queued and sign_of(successor) > now then',
      'elseif false then',
      'a pass that is replayed finds a successor that waits',
    ],
    [
      'replayed was a release',
      'return owner == token and not held and 1 or 0',
      'return 0',
      'a release that was passed on before and is replayed was a release',
    ],
    [
      'of an unknown token is gone',
      'return owner == token and not held and 1 or 0',
      'return 1',
      'a release that was passed on before and is replayed was a release',
    ],
  ]),
];
