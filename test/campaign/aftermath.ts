/** When all faults are over: every caller comes to an end, every key becomes free, every process ends by itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../lib/index.js';
import type { ChildProgram } from '../processes/support/child-program.js';
import type { Fleet } from './fleet.js';
import type { Fault } from './verdict/fault.js';

/** Far longer than the longest wait and section. */
const FINISH_MS = 20_000;
/** For a connection to be opened again, and for what a module could not give back when it closed. */
const FREE_MS = 3_500;
/** What was killed holds for as long as a short lease, and may have been admitted once more. */
const FREE_AFTER_KILL_MS = 6_000;
/** To close a module, and to end. */
const CLOSE_MS = 10_000;

export async function aftermath(fleet: Fleet, url: string, prefix: string, keys: readonly string[]): Promise<Fault[]> {
  const stuck = await each(fleet.programs, 'finish', FINISH_MS);
  const kept = await keptKeys(url, prefix, keys, fleet.hasKilled ? FREE_AFTER_KILL_MS : FREE_MS);
  stuck.push(...(await each(fleet.programs, 'close', CLOSE_MS)));
  const staying = await Promise.all(fleet.programs.map(leave));
  return [...stuck, ...kept, ...staying.flat(), ...(await immortalNames(url, prefix))];
}

/** Has every process do something, and tells of those that don't get done. */
async function each(programs: readonly ChildProgram[], method: string, limit: number): Promise<Fault[]> {
  const answers = await Promise.all(
    programs.map(async (program): Promise<Fault[]> => {
      const outcome = await within(
        limit,
        program.ask(method).then(() => 'done', String),
      );
      return outcome === 'done' ? [] : [{ rule: 'process', text: `${program.name} did not ${method}: ${outcome}` }];
    }),
  );
  return answers.flat();
}

async function leave(program: ChildProgram): Promise<Fault[]> {
  program.letEnd();
  await within(
    1_000,
    program.ask('leave').catch(() => undefined),
  );
  const exit = await within(CLOSE_MS, program.exit);
  if (typeof exit === 'object' && exit.code === 0) return [];
  if (typeof exit === 'object')
    return [{ rule: 'process', text: `${program.name} ended with ${exit.signal ?? exit.code}` }];
  const resources = await within(1_000, program.ask('resources').catch(String));
  return [{ rule: 'process', text: `${program.name} does not end by itself: ${String(resources)} are left` }];
}

/** Keys that are not free after a while, looked at by somebody who had no part in it. */
async function keptKeys(url: string, prefix: string, keys: readonly string[], limit: number): Promise<Fault[]> {
  const module = DistributedLockModule.forRoot({ connection: url, prefix });
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const locks = app.get(LockService);
  let kept = [...keys];
  for (const end = performance.now() + limit; kept.length > 0 && performance.now() < end; await pause(50)) {
    const states = await Promise.all(kept.map((key) => locks.inspect(key)));
    kept = kept.filter((_, i) => states[i]!.holder !== null || states[i]!.waiting.length > 0);
  }
  const states = await Promise.all(kept.map((key) => locks.inspect(key)));
  await app.close();
  return kept.map((key, i) => ({ rule: 'left behind', text: `${key} is not free: ${JSON.stringify(states[i])}` }));
}

/** Names in Redis that never expire. */
async function immortalNames(url: string, prefix: string): Promise<Fault[]> {
  const client = new Redis(url);
  const names = await client.keys(`*${prefix}*`);
  const left = await Promise.all(names.map((name) => client.pttl(name)));
  client.disconnect();
  return names.flatMap((name, i): Fault[] =>
    left[i] === -1 ? [{ rule: 'left behind', text: `${name} never expires` }] : [],
  );
}

async function within<Result>(limit: number, promise: Promise<Result>): Promise<Result | 'no answer'> {
  const timer = new AbortController();
  const late = pause(limit, 'no answer' as const, { signal: timer.signal }).catch(() => 'no answer' as const);
  return Promise.race([promise, late]).finally(() => timer.abort());
}
