/**
 * Workers that want the same keys in every way: read, write, at most so many at a time, read and then upgrade. Every section
 * is written down where all processes write, in the server's order and by its clock.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { isLockError } from '../../../lib/index.js';
import type { Lock, ShareOptions } from '../../../lib/index.js';
import type { RecordedShare } from './history.js';
import { serve, settings } from './serve.js';
import { openWork, Shift } from './shift.js';
import type { ShiftSettings } from './shift.js';

interface Settings extends ShiftSettings {
  readonly keys: readonly string[];
  /** False: the control, whose readers only pretend to lock. */
  readonly locked: boolean;
}

interface Way extends ShareOptions {
  readonly upgrades?: boolean;
}

const WAYS: readonly Way[] = [
  { mode: 'read' },
  { mode: 'write' },
  { mode: 'read' },
  { concurrency: 3 },
  { mode: 'read', upgrades: true },
  { concurrency: 3, weight: 2 },
];
/** One that others block with their own wish is told so at once, and one may have to wait for readers of other processes. */
const UPGRADE_WAIT = 300;

const given = settings<Settings>();
const { name, keys, workers, locked } = given;
const { locks, history } = await openWork(given, Infinity);
const shift = new Shift();

class Section {
  readonly fences: number[] = [];

  constructor(
    private readonly worker: string,
    private readonly key: string,
    private readonly way: Way,
  ) {}

  async run(lock: Lock): Promise<void> {
    const { mode, concurrency = null, weight = 1, upgrades = false } = this.way;
    await this.part(lock, { limit: mode === 'write' ? 1 : concurrency, weight, token: lock.token });
    if (!upgrades) return;
    try {
      await lock.upgrade({ wait: UPGRADE_WAIT });
    } catch (error) {
      if (isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT')) return;
      throw error;
    }
    await this.part(lock, { limit: 1, weight: 1, token: lock.token });
    await lock.downgrade();
  }

  async pretend(): Promise<void> {
    const fencingToken = await history.unusedFence();
    await this.part({ fencingToken }, { limit: null, weight: 1, token: String(fencingToken) });
  }

  private async part({ fencingToken: fence }: Pick<Lock, 'fencingToken'>, share: RecordedShare): Promise<void> {
    const { worker, key, way } = this;
    this.fences.push(fence);
    await history.write(key, { what: 'enter', worker, fence, share });
    // To enter again what one holds changes nothing.
    if (locked && !way.upgrades) {
      await locks.withLock(key, way, ({ fencingToken }) => {
        if (fencingToken !== fence) throw new Error(`${worker} entered ${fence} again as ${fencingToken}`);
      });
    }
    await pause(Math.random() * 3);
    await history.write(key, { what: 'leave', worker, fence });
  }
}

async function work(i: number): Promise<void> {
  const worker = `${name}${i}`;
  const way = WAYS[i % WAYS.length]!;
  const { upgrades: _, ...share } = way;
  for (let round = i; !shift.isOver; round += 1) {
    const key = keys[round % keys.length]!;
    const section = new Section(worker, key, way);
    let outcome = 'ok';
    try {
      if (locked || way.mode !== 'read')
        await locks.withLock(key, { ...share, signal: shift.signal }, (lock) => section.run(lock));
      else await section.pretend();
    } catch (error) {
      const failure = shift.outcomeOf(error);
      if (failure === undefined) return;
      outcome = failure;
    }
    for (const fence of section.fences) await history.write(key, { what: 'outcome', worker, fence, outcome });
    // So that those who queue in other processes are not always behind.
    await pause(Math.random() * 2);
  }
}

serve({
  begin: () => shift.begin(workers, work),
  finish: () => shift.finish(),
});
