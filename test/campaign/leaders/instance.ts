/**
 * One instance of a fleet with a leader. It writes down when it believes that it leads, by the clock that all processes
 * share, and writes to a resource that refuses old fencing tokens for as long as it leads.
 */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import type { Lock } from '../../../lib/index.js';
import { openResource } from '../../processes/programs/resource.js';
import { serve, settings as readSettings, tell } from '../../processes/programs/serve.js';
import { now } from '../clock.js';
import { PULSE_MS } from '../history/entry.js';
import { Recorder } from '../history/recorder.js';
import { COMMAND_TIMEOUT, GRACE, RELEASE_LIMIT } from '../times.js';
import { KEY } from './settings.js';
import type { InstanceSettings } from './settings.js';

const { name, path, url, prefix, ttl, isHeedless } = readSettings<InstanceSettings>();
const recorder = new Recorder(path);
const resource = openResource(new Redis(url), prefix);
const options = { connection: url, prefix, ttl, commandTimeout: COMMAND_TIMEOUT, shutdownGrace: GRACE };
const module = DistributedLockModule.forRoot({ ...options, logger: false });
const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });

/** The tenure that is under way. */
let tenure: { readonly hold: number; readonly lock: Lock; readonly signal: AbortSignal } | undefined;

function believes(): boolean {
  return tenure !== undefined && (isHeedless || leadership.isLeader);
}

function pulse(): void {
  const t = now();
  const held = tenure && believes() ? [tenure.hold] : [];
  const isOver = tenure && !tenure.signal.aborted && Date.now() - tenure.lock.expiresAt.getTime() > 2;
  recorder.write({ e: 'pulse', t, t1: now(), held, over: isOver ? [tenure!.hold] : [] });
}

async function work(signal: AbortSignal, lock: Lock): Promise<void> {
  const [call, hold] = [recorder.newId(), recorder.newId()];
  recorder.write({ e: 'ask', t: now(), call, what: 'lead', limit: null });
  const t = now();
  const held = lock.isHeld;
  const t1 = now();
  tenure = { hold, lock, signal };
  const { token, ttl, fencingToken: fence } = lock;
  const leaseEnd = now() + lock.expiresAt.getTime() - Date.now();
  const fences = [[KEY, fence]] as const;
  recorder.write({ e: 'begin', t, t1, call, hold, token, fences, ttl, held, leaseEnd, isSection: true });
  tell('leads', { at: t, fence });
  signal.addEventListener('abort', () => {
    if (!lock.isHeld) recorder.write({ e: 'told', t: now(), hold });
  });
  while (isHeedless ? tenure.hold === hold : !signal.aborted) {
    const before = believes();
    const isAccepted = await resource.write(KEY, fence, name);
    // It believed before the resource saw it, and believes now, so nobody can have led in between.
    if (!isAccepted && before && believes()) {
      recorder.write({ e: 'wrong', t: now(), rule: 'outcome', text: `the resource has seen a leader after ${fence}` });
    }
    await pause(5);
  }
  recorder.write({ e: 'end', t: now(), hold, call, limit: RELEASE_LIMIT });
  tenure = undefined;
  recorder.write({ e: 'settle', t: now(), call, outcome: lock.isHeld ? 'ok' : 'LOCK_LOST' });
}

setInterval(pulse, PULSE_MS);
const leadership = app.get(LockService).lead(KEY, work, { pause: 10 });

serve({
  /** As at the end of a process that is asked to end. */
  close: async () => {
    const from = now();
    await app.close();
    return from;
  },
});
