/** Judges a history: what in it could not have happened had every section been alone. */
import type { Recorded } from '../../processes/programs/history.js';

/** One sentence for each fault of the history of a key. */
export function faultsOf(history: readonly Recorded[]): string[] {
  const faults: string[] = [];
  const outcomes = new Map<number, string>();
  for (const entry of history) if (entry.what === 'outcome') outcomes.set(entry.fence, entry.outcome);

  let newest = 0;
  const entered = new Set<number>();
  history.forEach((entry, i) => {
    const { worker, fence } = entry;
    if (entry.what !== 'enter') return;
    const isValid = outcomes.get(fence) === 'ok';
    if (entered.has(fence)) faults.push(`${fence} was given out twice, the second time to ${worker}`);
    entered.add(fence);
    if (fence <= newest && entry.accepted) faults.push(`the resource accepted ${fence} after ${newest}`);
    if (fence <= newest && isValid) faults.push(`${worker} held ${fence} after ${newest} had come in`);
    newest = Math.max(newest, fence);
    if (isValid) faults.push(...intruders(history, i).map((other) => `${other.worker} came in on ${worker}`));
  });
  return faults;
}

/** Who came in, and was let in, between the entry at `start` and its own leaving. */
function intruders(history: readonly Recorded[], start: number): Recorded[] {
  const { fence } = history[start]!;
  const end = history.findIndex((entry, i) => i > start && entry.what === 'leave' && entry.fence === fence);
  return history.slice(start + 1, end).filter(({ what, accepted }) => what === 'enter' && accepted);
}

/** Jain's index of how evenly the first so many sections were shared among processes: 1 is even, 1/n is one for all. */
export function evenness(
  histories: readonly (readonly Recorded[])[],
  processes: readonly string[],
  first: number,
): number {
  const entries = histories.flatMap((history) => history.filter(({ what }) => what === 'enter').slice(0, first));
  const counts = processes.map((name) => entries.filter(({ worker }) => worker.startsWith(name)).length);
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum ** 2 / (processes.length * counts.reduce((total, count) => total + count ** 2, 0));
}
