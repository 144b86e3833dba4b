/**
 * Workers that never stop wanting: most of them one of a few hot keys, some of them one of many cold ones. Every section
 * is written down where all processes write, in the server's order and by its clock.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { openHistory } from './history.js';
import { serve, settings } from './serve.js';

/**
 * How workers use the lock: as they should; not at all; giving it back before they are done; or never giving it back.
 */
export type Habit = 'proper' | 'none' | 'early' | 'never';

interface Settings {
  readonly url: string;
  readonly prefix: string;
  /** Begins the names of this process's workers. */
  readonly name: string;
  readonly connectionName: string;
  readonly ttl: number;
  readonly hot: readonly string[];
  readonly cold: readonly string[];
  readonly workers: number;
  readonly habit: Habit;
}

const { url, prefix, name, connectionName, ttl, hot, cold, workers, habit } = settings<Settings>();
const { hostname, port } = new URL(url);
const connection = { host: hostname, port: Number(port || 6379), connectionName };
const module = DistributedLockModule.forRoot({ connection, prefix, ttl, wait: Infinity });
const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
const locks = app.get(LockService);
const history = openHistory(new Redis(url), prefix);

const goHome = new AbortController();
let isOver = false;
let working: Promise<unknown> | undefined;

async function inTurn(key: string, section: (fencingToken: number) => Promise<void>): Promise<void> {
  const { signal } = goHome;
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
  for (let round = i; !isOver; round += 1) {
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
      if (error === goHome.signal.reason) return;
      outcome = (error as { code?: string }).code ?? String(error);
    }
    await history.write(key, { what: 'outcome', worker, fence, outcome });
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
