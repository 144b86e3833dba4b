/** The rule by which a key is shared, in Lua as the scripts have it, beside the one of the library, on a real server. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { admits, occupancyOf } from '../../../../lib/core/admission.js';
import type { LeaseShare } from '../../../../lib/stores/lock-store.js';
import { ADMITS, limitText } from '../../../../lib/stores/redis/scripts/shares.js';
import { Random } from '../../../support/random.js';

/** Asks the rule of each case: the holders' weight and smallest limit, the limit and the weight of a newcomer. */
const ASK = `
${ADMITS}
local function limit_of(text)
  return text == '0' and math.huge or tonumber(text)
end
local answers = {}
for i = 1, #ARGV, 4 do
  local admitted = admits(tonumber(ARGV[i]), limit_of(ARGV[i + 1]), limit_of(ARGV[i + 2]), tonumber(ARGV[i + 3]))
  answers[#answers + 1] = admitted and 1 or 0
end
return answers
`;

const CASES = 4_000;

describe('the rule in Lua', () => {
  let client: Redis;

  beforeAll(async () => {
    client = new Redis(process.env['REDIS_URL']!, { lazyConnect: true });
    await client.connect();
  });

  afterAll(() => client.disconnect());

  it.each([1, 2, 3])('is that of the library, seed %i', async (seed) => {
    const random = new Random(seed);
    const share = (): LeaseShare => {
      const limit = random.pick([1, 2, 3, 5, 8, 1_000_000_000, Infinity]);
      return { limit, weight: random.between(1, Math.min(limit, 4)) };
    };
    const cases = Array.from({ length: CASES }, () => ({
      occupancy: occupancyOf(Array.from({ length: random.between(0, 4) }, share)),
      asked: share(),
    }));
    const words = cases.flatMap(({ occupancy, asked }) => [
      String(occupancy.weight),
      limitText(occupancy.limit),
      limitText(asked.limit),
      String(asked.weight),
    ]);
    const expected = cases.map(({ occupancy, asked }) => (admits(occupancy, asked) ? 1 : 0));
    expect(await client.eval(ASK, 0, ...words)).toEqual(expected);
    // Both answers are common.
    const admitted = expected.filter(Boolean).length / CASES;
    expect(Math.min(admitted, 1 - admitted)).toBeGreaterThan(0.1);
  });
});
