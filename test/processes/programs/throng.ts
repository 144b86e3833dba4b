/**
 * Workers that never stop wanting: most of them one of a few hot keys, some of them one of many cold ones. Every section
 * is written down where all processes write, in the server's order and by its clock.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { serve, settings } from './serve.js';
import { openWork, Shift } from './shift.js';
import type { ShiftSettings } from './shift.js';

/**
 * How workers use the lock: as they should; not at all; giving it back before they are done; or never giving it back.
 */
export type Habit = 'proper' | 'none' | 'early' | 'never';

interface Settings extends ShiftSettings {
  readonly hot: readonly string[];
  readonly cold: readonly string[];
  readonly habit: Habit;
}

const given = settings<Settings>();
const { name, hot, cold, workers, habit } = given;
const { locks, history } = await openWork(given, Infinity);
const shift = new Shift();

async function inTurn(key: string, section: (fencingToken: number) => Promise<void>): Promise<void> {
  const { signal } = shift;
  switch (habit) {
    case 'proper':
      return locks.withLock(key, { signal }, (lock) => section(lock.fencingToken));
    case 'none':
      return section(await history.unusedFence());
    case 'early': {
      const lock = await locks.acquire(key, { signal });
      await lock.release();
      return section(lock.fencingToken);
    }
    case 'never': {
      const lock = await locks.acquire(key, { signal, autoRenew: false });
      return section(lock.fencingToken);
    }
  }
}

async function work(i: number): Promise<void> {
  const worker = `${name}${i}`;
  const isCold = i % 5 === 4;
  for (let round = i; !shift.isOver; round += 1) {
    const keys = isCold ? cold : hot;
    const key = keys[(round * 7) % keys.length]!;
    let fence = 0;
    let outcome = 'ok';
    try {
      await inTurn(key, async (fencingToken) => {
        fence = fencingToken;
        await history.write(key, { what: 'enter', worker, fence });
        await pause(Math.random() * 3);
        await history.write(key, { what: 'leave', worker, fence });
      });
    } catch (error) {
      const failure = shift.outcomeOf(error);
      if (failure === undefined) return;
      outcome = failure;
    }
    await history.write(key, { what: 'outcome', worker, fence, outcome });
  }
}

serve({
  begin: () => shift.begin(workers, work),
  finish: () => shift.finish(),
});
