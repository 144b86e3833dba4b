/**
 * The campaign, `npm run campaign`: rounds of faults against the library, apart from CI, for as long as one likes.
 *
 * A round starts a Redis server of its own (`round.ts`), worker processes with a network each (`fleet.ts`, `worker.ts`),
 * and does to them what a seeded plan says (`plan.ts`, `mishaps.ts`), while callers use the library in every way
 * (`worker/modes/`) and listeners do random things (`worker/mischief.ts`). Everybody writes down what he sees by the one
 * monotonic clock (`history/`). Then everything must come to an end (`aftermath.ts`), and the history is judged
 * (`verdict/`). The judge is tried on histories written by hand (`verdict.spec.ts`) and on workers that lock badly on
 * purpose (`control.spec.ts`); CI plays one short round (`campaign.spec.ts`).
 *
 * A plan is repeated by its seed; how processes interleave is not, so a fault may take several tries to appear again.
 */
import { faultsOf, readOptions, USAGE } from './options.js';
import type { Options } from './options.js';
import { FAULTS } from './plan.js';
import { playRound } from './round.js';
import type { RoundReport } from './round.js';

/** So many faults of each rule are printed. */
const SHOWN = 3;

/** Answers whether all went well. `program` answers the path of the compiled worker. */
export async function main(args: readonly string[], program: () => string): Promise<boolean> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return true;
  }
  const options = readOptions(args);
  console.log(`Seed ${options.seed}, ${options.rounds} rounds of ${options.seconds} s`);
  const failed: number[] = [];
  for (let seed = options.seed; seed < options.seed + options.rounds; seed++) {
    const report = await playRound({ ...options, seed, faults: faultsOf(options, seed), program: program() });
    tell(options, seed, report);
    if (report.faults.length > 0) failed.push(seed);
  }
  console.log(failed.length === 0 ? 'No fault was found.' : `Faults were found with the seeds ${failed.join(', ')}.`);
  return failed.length === 0;
}

function tell(options: Options, seed: number, { plan, faults, counts, folder }: RoundReport): void {
  const { calls, holds, lost } = counts;
  const befell = [...new Set(plan.map(({ name }) => name))].join(' ') || 'nothing';
  console.log(`${seed}: ${calls} calls, ${holds} locks, ${lost} lost; ${plan.length} × ${befell}`);
  if (faults.length === 0) return;
  const shown = options.all ? Infinity : SHOWN;
  for (const rule of new Set(faults.map((fault) => fault.rule))) {
    const found = faults.filter((fault) => fault.rule === rule);
    console.log(`  ${rule}: ${found.length}`);
    for (const { text } of found.slice(0, shown)) console.log(`    ${text}`);
  }
  console.log(
    `  plan: ${plan.map(({ at, name, worker, lasting }) => `${at} ${name} ${worker} ${lasting}`).join(', ')}`,
  );
  if (folder) console.log(`  history: ${folder}`);
  console.log(`  again: npm run campaign -- ${commandOf(options, seed)}`);
}

function commandOf(options: Options, seed: number): string {
  const { seconds, workers, callers, mischief } = options;
  const words = [`--seed ${seed} --rounds 1 --seconds ${seconds} --workers ${workers} --callers ${callers}`];
  const names = faultsOf(options, seed);
  if (names === FAULTS) words.push('--mixed');
  else words.push(...names.map((name) => `--fault ${name}`));
  if (names.length === 0) words.push('--fault none');
  if (!mischief) words.push('--no-mischief');
  return words.join(' ');
}
