/** Judges a history of sections that share their key: what in it could not have happened under the rule of admission. */
import type { Recorded, RecordedShare } from '../../processes/programs/history.js';

/** One that came in. */
interface Inside {
  readonly worker: string;
  readonly fence: number;
  readonly share: RecordedShare;
}

/** One sentence for each fault of the history of a key. */
export function sharingFaults(history: readonly Recorded[]): string[] {
  const outcomes = new Map<number, string>();
  for (const entry of history) if (entry.what === 'outcome') outcomes.set(entry.fence, entry.outcome);

  const faults: string[] = [];
  const inside = new Map<number, Inside>();
  const entered = new Set<number>();
  let [greatest, greatestAlone] = [0, 0];
  for (const entry of history) {
    const { what, worker, fence } = entry;
    if (what === 'leave') inside.delete(fence);
    if (what !== 'enter') continue;
    const { share = { limit: 1, weight: 1, token: String(fence) }, accepted } = entry;
    const outcome = outcomes.get(fence);
    if (entered.has(fence)) faults.push(`${fence} was given out twice, the second time to ${worker}`);
    entered.add(fence);
    const least = share.limit === 1 ? greatest : greatestAlone;
    if (fence <= least && accepted) faults.push(`the resource accepted ${fence} after ${least}`);
    if (fence <= least && outcome === 'ok') faults.push(`${worker} held ${fence} after ${least} had come in`);
    greatest = Math.max(greatest, fence);
    if (share.limit === 1) greatestAlone = Math.max(greatestAlone, fence);
    // One that had lost its lock when it came in does not count, one that was killed since held it.
    if (outcome === 'LOCK_LOST') continue;
    const together = [...inside.values(), { worker, fence, share }];
    const [weight, limit] = takenBy(together.map((each) => each.share));
    if (weight > limit) {
      faults.push(`${together.map((each) => each.worker).join(' and ')} were inside: ${weight} of ${limit}`);
    }
    if (outcome === 'ok') inside.set(fence, { worker, fence, share });
  }
  return faults;
}

function takenBy(shares: readonly RecordedShare[]): readonly [weight: number, limit: number] {
  const readers = new Set(shares.filter(({ limit }) => limit === null).map(({ token }) => token));
  const others = shares.filter(({ limit }) => limit !== null);
  const weight = others.reduce((sum, share) => sum + share.weight, readers.size);
  return [weight, Math.min(Infinity, ...others.map(({ limit }) => limit!))];
}
