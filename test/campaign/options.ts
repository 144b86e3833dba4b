/** What the command line says. */
import { parseArgs } from 'node:util';
import { FAULTS } from './plan.js';
import type { FaultName } from './plan.js';

export interface Options {
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly callers: number;
  /** None: each alone in turn, then all mixed, and so on. */
  readonly faults: readonly FaultName[];
  readonly mischief: boolean;
  readonly keep: boolean;
  readonly all: boolean;
}

export const USAGE = `npm run campaign -- [options]

  --seed N        begin with this seed; the next round has the next one. By default the time.
  --rounds N      how many rounds (default: 36).
  --seconds N     how long there are faults in each (default: 12).
  --fault NAME    only this fault; may be repeated. Without it each alone in turn, mixed in every second round.
                  ${FAULTS.join(', ')}, none
  --mixed         all faults mixed in every round.
  --workers N     processes (default: 4, at least 4).
  --callers N     callers in each (default: 6).
  --no-mischief   listeners only listen.
  --keep          keep the histories of rounds that failed.
  --all           print every fault, not only the first three of each rule.
`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
      rounds: { type: 'string', default: String(2 * (FAULTS.length + 1)) },
      seconds: { type: 'string', default: '12' },
      workers: { type: 'string', default: '4' },
      callers: { type: 'string', default: '6' },
      fault: { type: 'string', multiple: true, default: [] },
      mixed: { type: 'boolean', default: false },
      'no-mischief': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
    },
  });
  const { fault, mixed, keep, all } = values;
  const known = new Set<string>([...FAULTS, 'none']);
  const unknown = fault.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`--fault ${unknown}: there is no such fault`);
  return {
    seed: numberOf('seed', values.seed, 0),
    rounds: numberOf('rounds', values.rounds, 1),
    seconds: numberOf('seconds', values.seconds, 1),
    workers: numberOf('workers', values.workers, 4),
    callers: numberOf('callers', values.callers, 1),
    faults: mixed ? FAULTS : (fault as FaultName[]),
    mischief: !values['no-mischief'],
    keep,
    all,
  };
}

/** The faults of one round. */
export function faultsOf({ faults }: Options, seed: number): readonly FaultName[] {
  if ((faults as readonly string[]).includes('none')) return [];
  if (faults.length > 0) return faults;
  return seed % 2 === 0 ? FAULTS : [FAULTS[((seed - 1) / 2) % FAULTS.length]!];
}

function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} ${text}: a whole number from ${least} on`);
  return value;
}
