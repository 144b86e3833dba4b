/** A Nest application that takes, keeps and gives back locks as it is told. */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, Locked, LockService } from '../../../lib/index.js';
import type { AcquireOptions, Lock, LockEvent, UpgradeOptions } from '../../../lib/index.js';
import { openResource } from './resource.js';
import { serve, settings, tell } from './serve.js';

const { url, prefix, ttl } = settings<{ url: string; prefix: string; ttl: number }>();

@Injectable()
class Sections {
  private readonly ends = new Map<string, () => void>();

  constructor(private readonly locks: LockService) {}

  @Locked('<0>')
  async run(key: string): Promise<string> {
    const { fencingToken, token } = this.locks.current();
    const ended = new Promise<void>((resolve) => this.ends.set(key, resolve));
    tell('running', { key, fencingToken, token });
    await ended;
    return `worked on ${key}`;
  }

  @Locked('<0>')
  async block(key: string, ms: number): Promise<object> {
    return standStill(this.locks.current(key), ms);
  }

  end(key: string): void {
    this.ends.get(key)!();
  }
}

@Module({
  imports: [DistributedLockModule.forRoot({ logger: false, connection: url, prefix, ttl, wait: Infinity })],
  providers: [Sections],
})
class HolderModule {}

const app = await NestFactory.createApplicationContext(HolderModule, { logger: ['error', 'warn'] });
const [locks, sections] = [app.get(LockService), app.get(Sections)];
/** By key, or by the name that the spec has given. */
const held = new Map<string, Lock>();
const resource = openResource(new Redis(url), prefix);

locks.events$.subscribe((event: LockEvent) => {
  const { type, key, token } = event;
  tell(type, { key, token, error: 'error' in event ? event.error.code : null });
});

/** Blocks the event loop, and looks at the lock before anything else could run. */
function standStill(lock: Lock, ms: number): object {
  let timerRan = false;
  setTimeout(() => (timerRan = true), 1);
  const end = performance.now() + ms;
  while (performance.now() < end);
  return { isHeld: lock.isHeld, aborted: lock.signal.aborted, timerRan };
}

function describe(lock: Lock): object {
  const { token, fencingToken, mode, isHeld, signal, acquiredAt, expiresAt } = lock;
  const reason = signal.aborted ? (signal.reason as { code: string }).code : null;
  const times = { acquiredAt: acquiredAt.getTime(), expiresAt: expiresAt.getTime() };
  return { token, fencingToken, mode, isHeld, reason, ...times };
}

serve({
  acquire: async (key: string, options: AcquireOptions = {}, name = key) => {
    const lock = await locks.acquire(key, options);
    held.set(name, lock);
    return describe(lock);
  },
  /** One turn, as short as can be. */
  turn: (key: string, options: AcquireOptions = {}) =>
    locks.withLock(key, options, ({ token, fencingToken }) => ({ token, fencingToken })),
  lock: (key: string) => describe(held.get(key)!),
  renew: (key: string) => held.get(key)!.renew(),
  release: (key: string) => held.get(key)!.release(),
  upgrade: async (key: string, options?: UpgradeOptions) => {
    await held.get(key)!.upgrade(options);
    return describe(held.get(key)!);
  },
  downgrade: async (key: string) => {
    await held.get(key)!.downgrade();
    return describe(held.get(key)!);
  },
  detach: (key: string) => held.get(key)!.detach(),
  adopt: async (key: string, text: string) => {
    held.set(key, await locks.adopt(text));
    return describe(held.get(key)!);
  },
  run: (key: string) => sections.run(key),
  end: (key: string) => sections.end(key),
  block: (key: string, ms: number) => standStill(held.get(key)!, ms),
  blockMethod: (key: string, ms: number) => sections.block(key, ms),
  write: (name: string, fencingToken: number, value: string) => resource.write(name, fencingToken, value),
});
