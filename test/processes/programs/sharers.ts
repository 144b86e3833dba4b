/**
 * Workers that want the same keys in every way: read, write, at most so many at a time, read and then upgrade. Every section
 * is written down where all processes write, in the server's order and by its clock.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, isLockError, LockService } from '../../../lib/index.js';
import type { Lock, ShareOptions } from '../../../lib/index.js';
import { openHistory } from './history.js';
import type { RecordedShare } from './history.js';
import { serve, settings } from './serve.js';

interface Settings {
  readonly url: string;
  readonly prefix: string;
  /** Begins the names of this process's workers. */
  readonly name: string;
  readonly connectionName: string;
  readonly ttl: number;
  readonly keys: readonly string[];
  readonly workers: number;
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

const { url, prefix, name, connectionName, ttl, keys, workers, locked } = settings<Settings>();
const { hostname, port } = new URL(url);
const connection = { host: hostname, port: Number(port || 6379), connectionName };
const module = DistributedLockModule.forRoot({ connection, prefix, ttl, wait: Infinity });
const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
const locks = app.get(LockService);
const history = openHistory(new Redis(url), prefix);

const goHome = new AbortController();
let isOver = false;
let working: Promise<unknown> | undefined;

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
  for (let round = i; !isOver; round += 1) {
    const key = keys[round % keys.length]!;
    const section = new Section(worker, key, way);
    let outcome = 'ok';
    try {
      if (locked || way.mode !== 'read')
        await locks.withLock(key, { ...share, signal: goHome.signal }, (lock) => section.run(lock));
      else await section.pretend();
    } catch (error) {
      if (error === goHome.signal.reason) return;
      outcome = (error as { code?: string }).code ?? String(error);
    }
    for (const fence of section.fences) await history.write(key, { what: 'outcome', worker, fence, outcome });
    // So that those who queue in other processes are not always behind.
    await pause(Math.random() * 2);
  }
}

serve({
  begin: () => {
    working = Promise.all(Array.from({ length: workers }, (_, i) => work(i)));
  },
  /** Resolves when every worker has finished the section that it is in; whoever waits stops waiting. */
  finish: async () => {
    isOver = true;
    goHome.abort(new Error('The shift is over.'));
    await working;
  },
});
