/** Looks at keys from outside every process of a round. */
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../lib/index.js';

export interface Looks {
  /** Who holds the key or waits for it; `null` when nobody does. */
  at(key: string): Promise<string | null>;
  close(): Promise<unknown>;
}

export async function openLooks(url: string, prefix: string): Promise<Looks> {
  const module = DistributedLockModule.forRoot({ connection: url, prefix, logger: false });
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const locks = app.get(LockService);
  return {
    at: async (key) => {
      const state = await locks.inspect(key);
      return state.holders.length === 0 && state.waiting.length === 0 ? null : JSON.stringify(state);
    },
    close: () => app.close(),
  };
}

/** The same for the locks of a control. */
export async function openFlawedLooks(url: string, prefix: string): Promise<Looks> {
  const client = new Redis(url);
  return {
    at: async (key) => {
      const holders = await client.zrangebyscore(flawedName(prefix, key), Date.now(), '+inf');
      return holders.length === 0 ? null : holders.join(', ');
    },
    close: () => client.quit(),
  };
}

/** Where a control keeps the lock of a key. */
export function flawedName(prefix: string, key: string): string {
  return `${prefix}-flawed:${key}`;
}
