/** Lock services on servers that may be mistreated: each is an application of its own, as if in a process of its own. */
import type { Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { DistributedLockModule, LockService } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions, LockEvent } from 'nestjs-distributed-lock';
import { nextEvent, within } from '../waiting.js';
import { start } from './apps.js';

type Connection = NonNullable<DistributedLockModuleOptions['connection']>;

/** A place to connect to, or a connection. */
export type Where = { readonly url: string } | Exclude<Connection, string>;

/** A heartbeat of a waiter and room for a busy machine; far less than {@link LONG}. */
export const HEARTBEAT_AND_ROOM = 6_000;

/** A ttl that no test outlives: what happens before it is over does not happen because of it. */
export const LONG = 60_000;

/** Starts an application of the lock module and, where one is given, a provider. */
export async function openApp(
  where: Where,
  options: DistributedLockModuleOptions = {},
  providers: Type[] = [],
): Promise<TestingModule> {
  const connection = 'url' in where ? where.url : where;
  const defaults = { connection, ttl: LONG, wait: LONG, commandTimeout: 2_000, shutdownGrace: 0, logger: false };
  return start({ imports: [DistributedLockModule.forRoot({ ...defaults, ...options })], providers });
}

/** Starts an application and answers its lock service. */
export async function openLocks(where: Where, options: DistributedLockModuleOptions = {}): Promise<LockService> {
  return (await openApp(where, options)).get(LockService);
}

/** One service holds a key, and the other that waits for it gets it: at a heartbeat at the latest. */
export async function handOff(holder: LockService, waiter: LockService): Promise<void> {
  const held = await holder.acquire('key');
  const waiting = waiter.acquire('key');
  await nextEvent(waiter, 'waiting');
  await held.release();
  await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
}

/** Writes down what a service tells from now on. */
export function logOf(locks: LockService): LockEvent[] {
  const log: LockEvent[] = [];
  locks.events$.subscribe((event) => log.push(event));
  return log;
}

/** The entries of one type. */
export function only<Type extends LockEvent['type']>(
  log: readonly LockEvent[],
  type: Type,
): Extract<LockEvent, { type: Type }>[] {
  return log.filter((event): event is Extract<LockEvent, { type: Type }> => event.type === type);
}
