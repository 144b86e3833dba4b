/**
 * How far the settlement of each event is. The ledger protects itself: it takes the writer's fencing token and refuses a
 * smaller one than it has seen. So a process that was paused after it last looked at its lock, and woke up when somebody
 * else had long taken over, can't do harm.
 */
import { ConflictException, Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

/** The writer's lock is not the latest one. HTTP 409. */
export class StaleWriteError extends ConflictException {
  constructor(event: string, fencingToken: number) {
    super(`Somebody with a greater fencing token than ${fencingToken} settles ${event}.`, 'Stale fencing token');
  }
}

@Injectable()
export class Ledger {
  constructor(private readonly database: Database) {}

  /** The number of tickets that are settled. */
  async settled(event: string): Promise<number> {
    return Number((await this.database.readFenced(`ledger:${event}`)) ?? 0);
  }

  /** @throws `StaleWriteError` when a later holder of the lock was here before. */
  async write(event: string, settled: number, fencingToken: number): Promise<void> {
    const written = await this.database.writeFenced(`ledger:${event}`, String(settled), fencingToken);
    if (!written) throw new StaleWriteError(event, fencingToken);
  }
}
