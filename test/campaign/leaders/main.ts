/** The campaign of leaders, `npm run campaign:leaders`: so many rounds, the times until the next one led, and every fault. */
import { parseArgs } from 'node:util';
import { Random } from '../../support/random.js';
import { playSuccession } from './succession.js';
import type { Fate } from './succession.js';

const USAGE = `npm run campaign:leaders -- [options]

  --seed N        begin with this seed. By default the time.
  --rounds N      how often something happens to the leader (default: 200): it is killed, stopped for a while, asked to end.
  --ttl N         length of its lease in milliseconds (default: 1000).
`;

const FATES: readonly Fate[] = ['kill', 'pause', 'kill', 'pause', 'close'];
/** L1: a process that died delays the next by what is left of its lease, and no more than this. */
const NOTICED_WITHIN = 500;

/** Answers whether all went well. `program` answers the path of the compiled instance. */
export async function main(args: readonly string[], program: () => string): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
      rounds: { type: 'string', default: '200' },
      ttl: { type: 'string', default: '1000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const [seed, rounds, ttl] = [Number(values.seed), Number(values.rounds), Number(values.ttl)];
  const random = new Random(seed);
  const fates = Array.from({ length: rounds }, () => random.pick(FATES));
  console.log(`Seed ${seed}, ${rounds} rounds, a lease of ${ttl} ms`);
  const report = await playSuccession({ seed, fates, program: program(), ttl });
  for (const [fate, times] of Object.entries(report.takeovers)) console.log(`${fate}: ${percentiles(times)}`);
  for (const { rule, text } of report.faults) console.log(`  ${rule}: ${text}`);
  const isInTime = Math.max(...report.takeovers.kill, 0) <= ttl + NOTICED_WITHIN;
  const wrong = report.faults.length > 0 ? 'Faults were found.' : 'A leader that was killed was followed too late.';
  const isWell = report.faults.length === 0 && isInTime;
  console.log(`${report.tenures} tenures. ${isWell ? 'No fault was found.' : wrong}`);
  return isWell;
}

function percentiles(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => `${sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(0) ?? '–'} ms`;
  return `${sorted.length} takeovers, p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}
