/**
 * What an application writes, type-checked against the packed package under every way of module resolution. The
 * expected errors show that the types have arrived: where an import resolves to nothing, they vanish.
 */
import {
  bindLocks,
  DistributedLockModule,
  getLockServiceToken,
  InjectLockService,
  LockBusyError,
  Locked,
  LockExceptionFilter,
  LockService,
  MemoryLeases,
  MemoryLockStore,
} from 'nestjs-distributed-lock';
import type { AcquireOptions, Lock, LockEvent } from 'nestjs-distributed-lock';
import { LockBoardModule } from 'nestjs-distributed-lock/board';
import { LockInstrumentation } from 'nestjs-distributed-lock/otel';
import { LockHealthIndicator } from 'nestjs-distributed-lock/terminus';
import type { LockPingCheckOptions } from 'nestjs-distributed-lock/terminus';
import { LockTestingModule, PassThroughLockService, useMemoryLocks } from 'nestjs-distributed-lock/testing';
import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';

interface Account {
  id: string;
}

const options: AcquireOptions = { ttl: '5s', wait: 0 };

export const modules = [
  DistributedLockModule.forRoot({ connection: 'redis://localhost:6379', ttl: '30s', isGlobal: false }),
  DistributedLockModule.forRootAsync({ name: 'other', useFactory: () => ({ connection: { host: 'localhost' } }) }),
  LockTestingModule.forRoot({ ttl: 100 }),
  DistributedLockModule.forRoot({ connection: process.env['REDIS_URL'], ttl: process.env['LOCK_TTL'] }),
  // @ts-expect-error -- a duration has a unit of time
  LockTestingModule.forRoot({ ttl: 'soon' }),
];

export class Accounts {
  constructor(
    readonly locks: LockService,
    @InjectLockService('other') readonly other: LockService,
  ) {}

  @Locked('account:<0.id>', { ...options, onBusy: 'skip' })
  async settle(account: Account): Promise<string | undefined> {
    const lock: Lock = this.locks.current();
    await lock.renew('10s');
    return `${account.id} ${lock.fencingToken + lock.ttl}`;
  }

  // @ts-expect-error -- an account has no such property
  @Locked('account:<0.idd>')
  async misspelt(account: Account): Promise<Account> {
    return account;
  }

  // @ts-expect-error -- a method that returns no promise
  @Locked('account:<0>')
  sync(id: string): string {
    return id;
  }

  async byHand(id: string): Promise<number> {
    const maybe = await this.locks.tryAcquire(id, options);
    // @ts-expect-error -- null when the key is taken
    await maybe.release();
    return this.locks.withLock([id, 'ledger'], async (lock) => lock.fencingTokens.size);
  }
}

export function bound(accounts: Accounts, locks: LockService): Accounts {
  locks.events$.subscribe((event: LockEvent) => event.type === 'lost' && event.key.length);
  return bindLocks(accounts, locks);
}

export const others = [getLockServiceToken('other'), LockBusyError, LockExceptionFilter, useMemoryLocks];

// @ts-expect-error -- who may see it is never left open
export const boards = [LockBoardModule.forRoot({ guards: [] }), LockBoardModule.forRoot({ path: 'locks' })];

export const telemetry = new LockInstrumentation({ keys: true });

const check: LockPingCheckOptions = { timeout: '500ms' };

export const health = async (indicator: LockHealthIndicator): Promise<'up' | 'down' | 'degraded'> =>
  // @ts-expect-error -- the result stands under the key of the check
  (await indicator.pingCheck('locks', check)).other.status;

export function contract(runner: {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}): void {
  describeLockStore('memory', () => ({ open: (timing) => new MemoryLockStore(new MemoryLeases(timing)) }), runner);
  // @ts-expect-error -- a harness opens stores
  describeLockStore('memory', () => ({ open: () => 'no store' }), runner);
}

export const alone: LockService = new PassThroughLockService();
