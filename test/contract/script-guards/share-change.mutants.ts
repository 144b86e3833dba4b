/** The guards of releases and conversions of shared keys, as `mutant.ts` tells them. */
import { codeOf, Mode } from '../../../lib/stores/redis/scripts/mode.js';
import { guards } from './mutant.js';
import type { Mutant } from './mutant.js';

const WISHED = 'nobody comes in beside one that waits to be converted';
const WANTED = 'a waiter comes in as what it wanted';
const GONE = 'a share that was given back is gone for good';
const SUCCEEDS = 'a successor comes in beside others, or joins the queue';

export const SHARE_CHANGE_MUTANTS: readonly Mutant[] = [
  ...guards('shared, a release', [
    ['is remembered', 'remember(token)\n          pcall', 'pcall', GONE],
    ['of the last is remembered', 'all_left()\n          remember_on_record(token)', 'all_left()', GONE],
    [
      'of a writer is remembered',
      'alone, left, step = nil, 0, 1\n        remember_on_record(token)',
      'alone, left, step = nil, 0, 1',
      'a writer that readers wait for is gone for good',
    ],
    ['is known from the signs', 'if sign < 0 or string.find', 'if string.find', GONE],
    ['is known from the record', 'if sign < 0 or string.find(value, name, 18, true) then', 'if sign < 0 then', GONE],
    ['frees the key', 'set_free(last, rest)', '', GONE],
    [
      'frees it on a full server',
      "if refusal.err and type(redis.pcall('DEL', record)) == 'table' then error",
      'if refusal.err then error',
      'the last leaves a full server, and the key is free',
    ],
    ['takes the wish along', 'if wish and wish.token == leaver then', 'if false then', 'a wish ends with its lease'],
    ['looks at who comes in', 'pcall(serve_queue)\n      if successor', 'if successor', WANTED],
    ['lets a successor in', "if successor ~= '' and not had_queue and not wish then", 'if false then', SUCCEEDS],
    [
      'puts a successor behind the queue',
      "if successor ~= '' and not had_queue and",
      "if successor ~= '' and",
      'a successor stands behind the queue',
    ],
    [
      'replayed knows a successor that holds',
      "if own and (redis.call('ZSCORE', ends, successor) or 0) + 0 > now then",
      'if false then',
      SUCCEEDS,
    ],
    [
      'replayed knows a successor that waits',
      'elseif queued and sign_of(successor) > now then',
      'elseif false then',
      SUCCEEDS,
    ],
  ]),

  ...guards('shared, a conversion', [
    [
      'is refused where others are in the way',
      'if is_same or not others_wish and admits',
      'if is_same or not others_wish or admits',
      'others are in the way of a conversion',
    ],
    [
      'makes a writer',
      'if limit == 1 then\n          hold_alone(token',
      'if false then\n          hold_alone(token',
      'an upgraded lease is like that of a writer',
    ],
    [
      'extends the lease',
      'extend(ttl)\n      if others_wish',
      'if others_wish',
      'a conversion counts its ttl from then on',
    ],
    [
      'extends the lease of a writer',
      "if limit == 1 then\n          redis.call('PEXPIRE', record, life)",
      'if limit == 1 then',
      'a conversion counts its ttl from then on',
    ],
    ['waits alone', 'if others_wish or mode ==', 'if mode ==', 'only one waits to be converted'],
    [
      'does not overtake one that waits',
      'if is_same or not others_wish and',
      'if is_same or',
      'only one waits to be converted',
    ],
    ['to the same share is granted', 'if is_same or not', 'if not', 'only one waits to be converted'],
    [
      'ends a wish',
      "redis.call('HDEL', shares, '^')\n          wish = nil\n        end\n        pcall",
      'end\n        pcall',
      'only one waits to be converted',
    ],
    ['is wished', "redis.call('HSET', shares, '^', wanted)", '', WISHED],
    [
      'is not wished by one that does not wait',
      `or mode == ${codeOf(Mode.convert)} then return`,
      'then return',
      'one that does not want to wait wishes nothing',
    ],
    [
      'is of a holder',
      'elseif not own then\n        return 0',
      'elseif false then\n        return 0',
      'nobody but a holder is converted',
    ],
    [
      'of a writer lets others in',
      'limit, weight, ttl)\n        pcall(serve_queue)\n        return',
      'limit, weight, ttl)\n        return',
      'a downgrade lets in the readers that wait',
    ],
    [
      'lets others in',
      'pcall(tell_wisher)\n        pcall(serve_queue)\n        return',
      'return',
      'a downgrade lets in the readers that wait',
    ],
  ]),
];
