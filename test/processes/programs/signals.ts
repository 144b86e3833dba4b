/** Uses one long-lived signal, or one long-lived lock, many times, and prints how many bytes each time leaves behind. */
import 'reflect-metadata';
import { lastValueFrom, of } from 'rxjs';
import type { Observable } from 'rxjs';
import { bindLocks, Locked, LockService } from '../../../lib/index.js';
import { LockTestingModule } from '../../../lib/testing/index.js';
import { NestFactory } from '@nestjs/core';

const collect = (globalThis as unknown as { gc(): void }).gc;
const TIMES = 10_000;
const [scene = ''] = process.argv.slice(2);

class Feed {
  @Locked('key', { returns: 'observable', signal: (signal: AbortSignal) => signal })
  watch(_signal: AbortSignal): Observable<number> {
    return of(1);
  }
}

const app = await NestFactory.createApplicationContext(LockTestingModule.forRoot(), { logger: ['error'] });
const locks = app.get(LockService);
const { signal } = new AbortController();
const feed = bindLocks(new Feed(), locks);

const scenes: Record<string, () => Promise<unknown>> = {
  stream: () => lastValueFrom(feed.watch(signal)),
  'several keys': () => locks.withLock(['outer', 'inner'], (lock) => lock.signal.aborted),
  wait: () => locks.withLock('key', { signal }, () => undefined),
};

async function repeat(times: number): Promise<number> {
  for (let i = 0; i < times; i++) await scenes[scene]!();
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 5; i++) collect();
  return process.memoryUsage().heapUsed;
}

await locks.withLock('outer', async (outer) => {
  outer.signal.throwIfAborted();
  const before = await repeat(TIMES / 2);
  console.log(Math.round(((await repeat(TIMES)) - before) / TIMES));
});
await app.close();
