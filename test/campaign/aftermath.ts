/** When all faults are over: every caller comes to an end, every key becomes free, every process ends by itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ChildProgram } from '../support/processes/child-program.js';
import type { Fleet } from './fleet.js';
import type { Looks } from './looks.js';
import type { Fault } from './verdict/fault.js';

/** How long everything may take to come to an end, in milliseconds. */
export interface Limits {
  /** For callers to do what they are doing: far longer than the longest wait and section. */
  readonly finish: number;
  /** For keys to become free: a connection is opened again, a module could not give back what it had when it closed. */
  readonly free: number;
  /** For what a process held that was killed, and may have been admitted to. */
  readonly freeAfterKill: number;
  /** For a module to close, and for a process to end. */
  readonly close: number;
}

export const LIMITS: Limits = { finish: 20_000, free: 3_500, freeAfterKill: 6_000, close: 10_000 };

export interface Aftermath {
  readonly fleet: Fleet;
  readonly url: string;
  readonly prefix: string;
  readonly keys: readonly string[];
  readonly looks: Looks;
  readonly limits: Limits;
}

export async function aftermath({ fleet, url, prefix, keys, looks, limits }: Aftermath): Promise<Fault[]> {
  const stuck = await each(fleet.programs, 'finish', limits.finish);
  const kept = await keptKeys(looks, keys, fleet.hasKilled ? limits.freeAfterKill : limits.free);
  stuck.push(...(await each(fleet.programs, 'close', limits.close)));
  const staying = await Promise.all(fleet.programs.map((program) => leave(program, limits.close)));
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

async function leave(program: ChildProgram, limit: number): Promise<Fault[]> {
  program.letEnd();
  await within(
    1_000,
    program.ask('leave').catch(() => undefined),
  );
  const exit = await within(limit, program.exit);
  if (typeof exit === 'object' && exit.code === 0) return [];
  if (typeof exit === 'object')
    return [{ rule: 'process', text: `${program.name} ended with ${exit.signal ?? exit.code}` }];
  const resources = await within(1_000, program.ask('resources').catch(String));
  return [{ rule: 'process', text: `${program.name} does not end by itself: ${String(resources)} are left` }];
}

/** Keys that are not free after a while. */
async function keptKeys(looks: Looks, keys: readonly string[], limit: number): Promise<Fault[]> {
  let kept: (readonly [key: string, state: string | null])[] = [];
  let left = keys;
  for (const end = performance.now() + limit; left.length > 0 && performance.now() < end; await pause(50)) {
    const seen = await Promise.all(left.map(async (key) => [key, await looks.at(key)] as const));
    kept = seen.filter(([, state]) => state !== null);
    left = kept.map(([key]) => key);
  }
  return kept.map(([key, state]) => ({ rule: 'left behind', text: `${key} is not free: ${state}` }));
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
