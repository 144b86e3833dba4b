/** Thousands of locks of every sort, and a count of what is left of them. */
import 'reflect-metadata';
import { getEventListeners, setMaxListeners } from 'node:events';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { concat, firstValueFrom, lastValueFrom, NEVER, Observable, of } from 'rxjs';
import { DistributedLockModule, Locked, LockService } from '../../../lib/index.js';
import type { AcquireOptions } from '../../../lib/index.js';
import { LockEngine } from '../../../lib/core/engine.js';
import { remembered } from '../../support/remembered.js';
import { serve, settings } from './serve.js';

const { url, prefix } = settings<{ url: string; prefix: string }>();
const LANES = 10;
/** A short wait may be over before the server said that the key is taken. */
const TOO_LATE = 'LOCK_TIMEOUT LOCK_UNAVAILABLE';

@Injectable()
class Sections {
  @Locked('<0>')
  async promise(key: string): Promise<string> {
    return key;
  }

  @Locked('<0>')
  observable(key: string): Observable<string> {
    return of(key, key);
  }

  @Locked('<0>')
  endless(key: string): Observable<string> {
    return concat(of(key), NEVER);
  }

  @Locked('<0>')
  async *generator(key: string): AsyncGenerator<string> {
    yield key;
    yield key;
  }
}

const client = new Redis(url);

@Module({
  imports: [DistributedLockModule.forRoot({ logger: false, connection: client, prefix })],
  providers: [Sections],
})
class CyclesModule {}

const app = await NestFactory.createApplicationContext(CyclesModule, { logger: ['error', 'warn'] });
const [locks, sections, engine] = [app.get(LockService), app.get(Sections), app.get(LockEngine)];
/** Given to every call, as the signal of a whole application might be. */
const { signal } = new AbortController();
setMaxListeners(0, signal);

/** A call that must fail, and with one of what. */
async function fails(codes: string, asked: Promise<unknown>): Promise<void> {
  const error = await asked.then(
    () => new Error('it did not fail'),
    (reason: Error & { code?: string }) => reason,
  );
  if (!codes.split(' ').includes((error as { code?: string }).code ?? '')) throw error;
}

const kinds: ((key: string) => Promise<unknown>)[] = [
  async (key) => (await locks.acquire(key, { signal })).release(),
  (key) => locks.withLock(key, { signal }, () => locks.withLock(key, { signal }, ({ signal: lost }) => lost.aborted)),
  (key) => locks.withLock([key, `${key}:b`, `${key}:c`], { signal }, (lock) => lock.signal.throwIfAborted()),
  (key) => Promise.all([1, 2, 3].map(() => locks.withLock(key, { signal }, () => turn()))),
  (key) => sections.promise(key),
  (key) => lastValueFrom(sections.observable(key)),
  (key) => firstValueFrom(sections.endless(key)),
  async (key) => {
    for await (const _ of sections.generator(key));
    for await (const _ of sections.generator(key)) break;
  },
  (key) => whileHeld(key, (options) => fails(TOO_LATE, locks.acquire(key, { ...options, wait: 10 }))),
  (key) => whileHeld(key, (options) => locks.tryAcquire(key, options)),
  (key) =>
    whileHeld(key, async () => {
      const cancel = new AbortController();
      const asked = locks.acquire(key, { signal: AbortSignal.any([signal, cancel.signal]) });
      setImmediate(() => cancel.abort(Object.assign(new Error('cancelled'), { code: 'CANCELLED' })));
      await fails('CANCELLED', asked);
    }),
  (key) =>
    locks.withLock(key, { signal, ttl: '5s', maxHold: '1m' }, async (lock) => {
      await Promise.all([locks.renew(), lock.renew('10s')]);
      await fails('LOCK_BUSY', locks.acquire(key, { reentrant: false }));
    }),
  async (key) => {
    const lock = await locks.acquire(key, { signal });
    void lock.signal;
    await locks.forceRelease(key);
    await fails('LOCK_LOST', lock.renew());
    if (await lock.release()) throw new Error('The release of a lost lock says that it was held.');
  },
];

async function whileHeld(key: string, then: (options: AcquireOptions) => Promise<unknown>): Promise<void> {
  const lock = await locks.acquire(key, { signal });
  await then({ signal });
  await lock.release();
}

async function cycles(count: number): Promise<void> {
  const lane = async (name: number): Promise<void> => {
    for (let i = 0; i < count / LANES; i++) await kinds[i % kinds.length]!(`lane ${name}`);
  };
  await Promise.all(Array.from({ length: LANES }, (_, name) => lane(name)));
}

function listeners(): number {
  const names = client.eventNames();
  return names.reduce((sum, name) => sum + client.listenerCount(name), getEventListeners(signal, 'abort').length);
}

/** What there is when nothing is held and nobody waits. */
async function count(): Promise<object> {
  // Signals of cancelled waits are forgotten when they are collected, which takes more than one round.
  for (let i = 0; i < 5; i++) {
    globalThis.gc!();
    await pause(20);
  }
  return {
    heap: process.memoryUsage().heapUsed,
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    listeners: listeners(),
    // Less the channel that the service listens on for as long as it lives.
    remembered: remembered(engine, ['client', 'opened', 'channels']),
  };
}

serve({
  cycles,
  count,
  /** So that the counting can be seen to count. */
  hold: async () => {
    const lock = await locks.acquire('held');
    const cancel = new AbortController();
    void locks.acquire('held', { signal: AbortSignal.any([signal, cancel.signal]) }).catch(() => undefined);
    void lock.signal;
  },
});
