/** Opens the module under test, on a connection of each kind. */
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { COMMAND_TIMEOUT, GRACE } from '../times.js';
import { FlawedLocks, harm } from './flawed-locks.js';
import { Sections } from './sections.js';
import type { WorkerSettings } from './settings.js';

export interface OpenModule {
  readonly locks: LockService;
  readonly sections: Sections;
  close(): Promise<void>;
}

/** What the modules of a process connect by. */
export interface Connection {
  readonly connection: string | Redis;
  end(): void;
}

/** A client of the user's in every other process, with options that users have. */
export function openConnection({ url, seed }: WorkerSettings): Connection {
  if (seed % 2 === 0) return { connection: url, end: () => undefined };
  const client = new Redis(url, { maxRetriesPerRequest: seed % 4 === 3 ? null : 20, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  return { connection: client, end: () => client.disconnect() };
}

/** Opens it as soon as the server can be reached; for a control, what has its face. */
export async function openModule(
  { prefix, url, flaw }: WorkerSettings,
  { connection }: Connection,
): Promise<OpenModule> {
  if (flaw) {
    const client = new Redis(url);
    harm(flaw);
    const locks = new FlawedLocks(client, prefix, flaw) as unknown as LockService;
    return { locks, sections: new Sections(locks), close: async () => void (await client.quit()) };
  }
  const options = {
    connection,
    prefix,
    ttl: 1_000,
    wait: 1_000,
    commandTimeout: COMMAND_TIMEOUT,
    shutdownGrace: GRACE,
  };

  @Module({ imports: [DistributedLockModule.forRoot({ ...options, logger: false })], providers: [Sections] })
  class WorkerModule {}

  for (;;) {
    try {
      const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
      return { locks: app.get(LockService), sections: app.get(Sections), close: () => app.close() };
    } catch (error) {
      if ((error as { code?: string }).code !== 'LOCK_UNAVAILABLE') throw error;
      await pause(50);
    }
  }
}
