/**
 * `@Locked` and a decorator that makes a transaction, on PostgreSQL: above it no increment is lost, below it some are,
 * because the lock is given back before the commit. And the fencing token in the database.
 */
import 'reflect-metadata';

import { rejects, strictEqual } from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, Locked, LockService } from 'nestjs-distributed-lock';
import pg from 'pg';

const CALLS = 100;
const pool = new pg.Pool({ connectionString: process.env['POSTGRES_URL'], max: 20 });
const transaction = new AsyncLocalStorage<pg.PoolClient>();

/** What decorators of this kind do: begin, run, commit. */
function Transactional() {
  return (
    _target: object,
    _name: string,
    descriptor: TypedPropertyDescriptor<(...args: any[]) => Promise<any>>,
  ): void => {
    const body = descriptor.value!;
    descriptor.value = async function (this: unknown, ...args: unknown[]) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result: unknown = await transaction.run(client, () => body.apply(this, args));
        await delay(2); // the way to a database that is not on this machine
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    };
  };
}

@Injectable()
class Accounts {
  constructor(private readonly locks: LockService) {}

  @Locked('account:<0>')
  @Transactional()
  async increment(id: string): Promise<void> {
    await readAndWrite(id);
  }

  @Transactional()
  @Locked('account:<0>')
  async incrementTooLate(id: string): Promise<void> {
    await readAndWrite(id);
  }

  @Locked('account:<0>')
  async setBalance(id: string, balance: number, between = async (): Promise<void> => {}): Promise<number | null> {
    const { fencingToken } = this.locks.current();
    await between();
    return write(id, balance, fencingToken);
  }
}

async function readAndWrite(id: string): Promise<void> {
  const client = transaction.getStore()!;
  const { rows } = await client.query<{ balance: number }>('SELECT balance FROM account WHERE id = $1', [id]);
  await client.query('UPDATE account SET balance = $2 WHERE id = $1', [id, rows[0]!.balance + 1]);
}

async function write(id: string, balance: number, fence: number): Promise<number | null> {
  const text = 'UPDATE account SET balance = $2, fence = $3 WHERE id = $1 AND fence <= $3';
  return (await pool.query(text, [id, balance, fence])).rowCount;
}

async function balanceOf(id: string): Promise<number> {
  return (await pool.query<{ balance: number }>('SELECT balance FROM account WHERE id = $1', [id])).rows[0]!.balance;
}

async function start(): Promise<{ accounts: Accounts; close: () => Promise<void> }> {
  const connection = process.env['REDIS_URL'] as string;
  const prefix = process.env['LOCK_PREFIX'] as string;

  @Module({ imports: [DistributedLockModule.forRoot({ connection, prefix })], providers: [Accounts] })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
  return { accounts: app.get(Accounts), close: () => app.close() };
}

const apps = [await start(), await start()];
const [{ accounts }, { accounts: others }] = apps as [(typeof apps)[0], (typeof apps)[0]];
await pool.query('CREATE TABLE account (id TEXT PRIMARY KEY, balance INTEGER NOT NULL, fence BIGINT NOT NULL)');
await pool.query("INSERT INTO account VALUES ('above', 0, 0), ('below', 0, 0), ('fenced', 0, 0)");

const calls = (increment: (of: Accounts) => Promise<void>): Promise<void[]> =>
  Promise.all(Array.from({ length: CALLS }, (_, i) => increment(i % 2 === 0 ? accounts : others)));
await calls((of) => of.increment('above'));
await calls((of) => of.incrementTooLate('below'));
const [above, below] = [await balanceOf('above'), await balanceOf('below')];
console.log(`        @Locked above @Transactional: ${above} of ${CALLS} increments; below it: ${below}`);
strictEqual(above, CALLS);
strictEqual(below < CALLS, true, 'the other order is told to lose increments');

let stale = 0;
strictEqual(
  await accounts.setBalance('fenced', 1, async () => void (stale = accounts['locks'].current().fencingToken)),
  1,
);
strictEqual(await others.setBalance('fenced', 2), 1);
strictEqual(await write('fenced', 3, stale), 0, 'a holder that was paused meanwhile is refused');
strictEqual(await balanceOf('fenced'), 2);
await pool.query('CREATE TABLE narrow (fence INTEGER)');
await rejects(pool.query('INSERT INTO narrow VALUES ($1)', [stale]), { code: '22003' }); // out of range

for (const { close } of apps) await close();
await pool.end();
