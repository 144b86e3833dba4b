/** Judges one history: what in it could not have happened, had every promise been kept. */
import type { History } from '../history/entry.js';
import { exclusionFaults } from './exclusion.js';
import type { Fault } from './fault.js';
import { fencingFaults, reentryFaults } from './fencing.js';
import { byKey } from './keys.js';
import { lossFaults, untoldFaults } from './loss.js';
import { outcomeFaults, reportedFaults } from './outcomes.js';
import { settlingFaults } from './settling.js';
import { tell } from './story.js';

export interface Verdict {
  readonly faults: readonly Fault[];
  /** How much there was to judge. */
  readonly counts: { readonly calls: number; readonly holds: number; readonly lost: number };
}

export function judge({ lives, losses }: History): Verdict {
  const { holds, calls } = tell(lives);
  const perKey = [...byKey(holds).values()].flatMap((holdsOfKey) => [
    ...exclusionFaults(holdsOfKey, losses),
    ...fencingFaults(holdsOfKey, losses),
    ...untoldFaults(holdsOfKey),
  ]);
  const faults = [
    ...perKey,
    ...reentryFaults(holds),
    ...lossFaults(holds),
    ...outcomeFaults(calls, holds),
    ...settlingFaults(calls),
    ...reportedFaults(lives),
  ];
  const lost = holds.filter(({ told }) => told !== undefined).length;
  return { faults, counts: { calls: calls.length, holds: holds.length, lost } };
}
