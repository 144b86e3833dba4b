/** Many callers of one process that stand in line each for himself, and say in which order they were let in. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { serve, settings } from './serve.js';

const { url, prefix, ttl } = settings<{ url: string; prefix: string; ttl: number }>();
const module = DistributedLockModule.forRoot({
  logger: false,
  connection: url,
  prefix,
  ttl,
  wait: Infinity,
  fair: true,
});
const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
const locks = app.get(LockService);

const turns: Promise<{ token: string; fencingToken: number }>[] = [];
let release = async (): Promise<unknown> => undefined;

serve({
  take: async (key: string) => {
    const lock = await locks.acquire(key);
    release = () => lock.release();
  },
  release: () => release(),
  /** So many callers more. */
  join: (key: string, count: number) => {
    for (let i = 0; i < count; i++) {
      turns.push(locks.withLock(key, ({ token, fencingToken }) => ({ token, fencingToken })));
    }
  },
  /** What everybody got. */
  turns: () => Promise.all(turns),
});
