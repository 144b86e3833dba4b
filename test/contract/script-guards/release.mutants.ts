/** The guards of release and pass, as `mutant.ts` tells them. */
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const MINT = 'if value and string.sub(value, 1, 16) >= fence then';
const FREE = "if redis.pcall('SET', record, free, 'PX', retention).err then redis.call('DEL', record) end";
const GRANTED = 'if not answer.err then answer = tonumber(fence) end';
const NAMED = "if successor ~= '' then";

export const RELEASE_MUTANTS: readonly Mutant[] = [
  ...guards('a release', [
    [
      "is its owner's",
      'local own = value and string.sub(value, 18) == token',
      'local own = value',
      'nobody but its owner releases a lease',
    ],
    [
      'frees no key that others wait for',
      "local freed = own and state == 'h'",
      'local freed = own',
      'a release admits the first in line',
    ],
    ['looks at the line', "if state == 'q' then", 'if false then', 'a release admits the first in line'],
    [
      'frees the key where the line is empty',
      'else freed = true end',
      'end',
      'a release frees the key when all have left the line',
    ],
    ['gives the line the next fencing token', MINT, 'if false then', 'fencing tokens grow when the line is served', 2],
    [
      'takes who leaves out of the line',
      "answer = redis.call('ZREM', line, token)",
      '',
      'who leaves the line has no place',
    ],
    [
      'takes nobody for who leaves',
      "answer = redis.call('ZREM', line, token)",
      "redis.call('ZREM', line, token)",
      'nobody but its owner releases a lease that others wait for',
    ],
    ['forgets who leaves', "redis.call('HDEL', seen, token)", '', 'who leaves the line has no place'],
    [
      'of an unknown token is gone',
      'elseif not own then',
      'elseif false then',
      'nobody but its owner releases a lease',
    ],
    ['of its owner is not gone', 'elseif not own then', 'else', 'a release is answered released, and frees the key'],
    ['is remembered for so long', ", 'PX', retention)", ')', 'every key has an end', 1],
    [
      'frees a key on a full server',
      FREE,
      "redis.pcall('SET', record, free, 'PX', retention)",
      'a full server still frees keys',
      1,
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
    [
      'tells what was used',
      'value = string.sub(detail, 2, 17) .. string.sub(value, 17)',
      '',
      'fencing tokens grow over what was used of a lease that is given back',
    ],
    [
      'tells the next what was used',
      'value = string.sub(detail, 2, 17) .. string.sub(value, 17)',
      '',
      'fencing tokens grow over what was used of a lease that is passed on',
    ],
    [
      'gives the next fencing token',
      MINT,
      'if false then',
      'fencing tokens grow over what was used of a lease that is passed on',
      3,
    ],
    [
      'lets the line go first',
      "local head = state == 'q' and next_in_line()",
      'local head = false',
      'a lease is passed to the line before the successor',
    ],
    ['lets nobody join who is not named', NAMED, 'if true then', 'without a successor nobody joins', 1],
    ['gives nobody the lease who is not named', NAMED, 'if true then', 'without a successor the key is free', 2],
    [
      'knows that it was carried out',
      NAMED,
      'if false then',
      'a pass that is replayed is answered by what the successor has',
      3,
    ],
    ['gives the lease for so long', ", 'PX', life)", ')', 'every key has an end'],
    [
      'may be refused by itself',
      "redis.pcall('SET', record, fence .. 'h' .. successor",
      "redis.call('SET', record, fence .. 'h' .. successor",
      'a full server grants nothing, and fails nothing else',
    ],
    [
      'is granted when it was written',
      GRANTED,
      'answer = tonumber(fence)',
      'a full server grants nothing, and fails nothing else',
      3,
    ],
    ['is remembered for so long', ", 'PX', retention)", ')', 'every key has an end', 2],
    [
      'frees a key on a full server',
      FREE,
      "redis.pcall('SET', record, free, 'PX', retention)",
      'a full server still frees keys',
      2,
    ],
    [
      'replayed knows that the successor was released',
      'if held and owner == successor then',
      'if owner == successor then',
      'a pass that is replayed revives no successor that was released',
    ],
    [
      'replayed extends the lease of the successor',
      "redis.call('PEXPIRE', record, life)",
      '',
      'a pass that is replayed is answered by what the successor has',
    ],
    [
      'replayed knows that the successor left',
      "elseif state == 'q' and redis.call('HEXISTS', seen, successor) == 1 then",
      "elseif state == 'q' then",
      'a pass that is replayed revives no successor that left the line',
    ],
    [
      'replayed knows that the successor waits',
      "elseif state == 'q' and redis.call('HEXISTS', seen, successor) == 1 then",
      'elseif false then',
      'a pass that is replayed finds a successor that waits',
    ],
    [
      'replayed was a release',
      'elseif owner == token then\n    answer = 1',
      'elseif false then\n    answer = 1',
      'a release that was passed on before and is replayed was a release',
    ],
    [
      'of an unknown token is gone',
      'elseif owner == token then\n    answer = 1',
      'elseif true then\n    answer = 1',
      'a release that was passed on before and is replayed was a release',
    ],
  ]),
];
