/** Readers that come and go without a pause, each for a moment. */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { serve, settings } from './serve.js';

interface Settings {
  readonly url: string;
  readonly prefix: string;
  readonly ttl: number;
  readonly key: string;
  readonly readers: number;
  /** Each with a lease of its own. */
  readonly fair: boolean;
  /** The longest section, in milliseconds. */
  readonly longest: number;
}

const { url, prefix, ttl, key, readers, fair, longest } = settings<Settings>();
const module = DistributedLockModule.forRoot({ logger: false, connection: url, prefix, ttl, wait: Infinity });
const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
const locks = app.get(LockService);

let isOver = false;
let sections = 0;
let inside = 0;
let working: Promise<unknown> | undefined;

async function read(): Promise<void> {
  while (!isOver) {
    await locks.withLock(key, { mode: 'read', fair }, async () => {
      inside += 1;
      await pause(Math.random() * longest);
      inside -= 1;
    });
    sections += 1;
  }
}

serve({
  begin: () => {
    working = Promise.all(Array.from({ length: readers }, read));
  },
  sections: () => sections,
  inside: () => inside,
  finish: async () => {
    isOver = true;
    await working;
  },
});
