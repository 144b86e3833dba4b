/** What has changed between two looks at the keys. */
import type { KeyOverview } from '../lock.operations.js';
import { stateOf } from './words.js';

/** `held`: it has another holder than before. `waiting`: only its queue has changed. `free`: nobody holds it or waits. */
export interface Change {
  readonly change: 'held' | 'waiting' | 'free';
  /** As it is now; of a key that is free, as it was before. */
  readonly key: KeyOverview;
}

/** In the order of the second look, the keys that went last. */
export function changesBetween(
  before: ReadonlyMap<string, KeyOverview>,
  after: ReadonlyMap<string, KeyOverview>,
): Change[] {
  const changes: Change[] = [];
  for (const [key, now] of after) {
    const then = before.get(key);
    const isHeld = stateOf(now) !== 'waited-for';
    if (isHeld && (!then || holdersOf(then) !== holdersOf(now))) changes.push({ change: 'held', key: now });
    else if (!then || then.waitingCount !== now.waitingCount || holdersOf(then) !== holdersOf(now)) {
      changes.push({ change: 'waiting', key: now });
    }
  }
  for (const [key, then] of before) if (!after.has(key)) changes.push({ change: 'free', key: then });
  return changes;
}

/** Equal where the same holders hold it, as far as can be told from one of them and their number. */
function holdersOf({ holder, holderCount, foreign }: KeyOverview): string {
  return JSON.stringify([holder?.token, holder?.fencingToken, holderCount, foreign]);
}
