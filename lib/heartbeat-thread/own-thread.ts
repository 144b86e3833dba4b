/**
 * Starts a thread of Node.js that runs `thread-program.ts`. That file lies beside this one, in either build of the package.
 * A bundle is one file, and sources that a test runner translates can't be run by a thread: there is none to be had then.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sourceFile } from '../source-file.js';
import { computerClock } from './computer-clock.js';
import type { ThreadPort } from './heartbeat-thread.js';
import type { ThreadOrder, ThreadStart, TouchReport } from './thread-messages.js';

/** This file as it is built. */
const BUILT = /[/\\]heartbeat-thread[/\\]own-thread\.js$/;
const PROGRAM = 'thread-program.js';

/** The path of the thread's program; undefined where there is none. */
export function threadProgram(self = sourceFile()): string | undefined {
  if (self === undefined || !BUILT.test(self)) return undefined;
  const path = join(dirname(self), PROGRAM);
  return existsSync(path) ? path : undefined;
}

/** Starts the thread. Throws where that can't be. */
export function startThread(path: string): ThreadPort {
  const start: ThreadStart = { clockShift: performance.now() - computerClock() };
  // What is loaded in front of the application (tracing, a translator) has no business in this thread.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const worker = new Worker(path, { workerData: start, execArgv: [], env, name: 'nestjs-distributed-lock' });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.unref();
  return {
    post: (order: ThreadOrder) => worker.postMessage(order),
    listen: ({ reported, opened, ended }) => {
      worker.on('message', (told: TouchReport[] | number) =>
        typeof told === 'number' ? opened(told) : reported(told),
      );
      worker.on('error', ended);
      worker.on('exit', (code) => ended(new Error(`It ended with code ${code}.`)));
      // A listener for messages makes it count again.
      worker.unref();
    },
    keepAlive: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
    end: async () => {
      worker.ref();
      void worker.terminate();
      await exited;
    },
  };
}
