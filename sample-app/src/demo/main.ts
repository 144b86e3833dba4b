/**
 * `npm run demo`. It ends with status 0 only if every promise was kept, and stops what it started whatever happens,
 * Ctrl-C included. `--memory` goes without Redis.
 */
import 'reflect-metadata';
import { constants } from 'node:os';
import { Cleanup } from './cleanup.js';
import { runDemo } from './demo.js';
import { SetupError } from './redis.js';

const LIMIT_MS = 120_000;

const cleanup = new Cleanup();
const cutShort = new Promise<number>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      console.log(`\n${signal}: stopping everything.`);
      resolve(128 + constants.signals[signal]);
    });
  }
  // Unhandled rejections come here too. Once the demo is cut short they are the consequence, and nobody's concern.
  process.on('uncaughtException', (error) => resolve(fail(error)));
  setTimeout(() => resolve(fail(new Error(`The demo was not through after ${LIMIT_MS / 1_000} s.`))), LIMIT_MS);
});
const finished = runDemo(cleanup, { memory: process.argv.includes('--memory') }).then((held) => (held ? 0 : 1), fail);
const status = await Promise.race([finished, cutShort]);
await cleanup.run();
process.exit(status);

function fail(error: unknown): number {
  if (!cleanup.isRunning) console.error(error instanceof SetupError ? error.message : error);
  return 1;
}
