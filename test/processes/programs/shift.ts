/** The workers of one process: what they have in common, from where they get their locks to the end of their shift. */
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import type { Duration } from '../../../lib/index.js';
import { openHistory } from './history.js';

/** What every such program is told. */
export interface ShiftSettings {
  readonly url: string;
  readonly prefix: string;
  /** Begins the names of this process's workers. */
  readonly name: string;
  /** Name of the connections of the locks, so that they can be found and killed. */
  readonly connectionName: string;
  readonly ttl: number;
  readonly workers: number;
}

/** The locks, and where sections are written down in the server's order and by its clock. */
export async function openWork({ url, prefix, connectionName, ttl }: ShiftSettings, wait: Duration) {
  const { hostname, port } = new URL(url);
  const connection = { host: hostname, port: Number(port || 6379), connectionName };
  const module = DistributedLockModule.forRoot({ logger: false, connection, prefix, ttl, wait });
  const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
  return { locks: app.get(LockService), history: openHistory(new Redis(url), prefix) };
}

/** Workers that never stop wanting until they are sent home. */
export class Shift {
  isOver = false;
  private readonly goHome = new AbortController();
  private working: Promise<unknown> | undefined;

  /** Cancels the waits of those that are sent home. */
  get signal(): AbortSignal {
    return this.goHome.signal;
  }

  begin(workers: number, work: (worker: number) => Promise<void>): void {
    this.working = Promise.all(Array.from({ length: workers }, (_, i) => work(i)));
  }

  /** Resolves when every worker has finished the section that it is in; whoever waits stops waiting. */
  async finish(): Promise<void> {
    this.isOver = true;
    this.goHome.abort(new Error('The shift is over.'));
    await this.working;
  }

  /** What a section came to; undefined where the worker was sent home before it got the lock. */
  outcomeOf(error: unknown): string | undefined {
    if (error === this.signal.reason) return undefined;
    return (error as { code?: string }).code ?? String(error);
  }
}
