/** A store in PostgreSQL, as short as docs/your-own-store.md says: the rules of the file store, in a transaction. */
import { createHash } from 'node:crypto';

import type {
  AcquireRequest,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TouchRequest,
} from 'nestjs-distributed-lock';
import type { Pool } from 'pg';

import { KeyRules } from './key-rules.js';

/** What is answered to a request that failed by itself. */
interface Unknown {
  readonly state: 'unknown';
  readonly error: unknown;
}

export class PostgresLockStore implements LockStore {
  private isStopped = false;

  /** @param pool - of the application, which ends it. */
  constructor(
    private readonly pool: Pool,
    private readonly timing: StoreTiming,
  ) {}

  async start(): Promise<void> {
    await this.pool.query('create table if not exists locks (key text primary key, record jsonb not null)');
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }

  async ping(): Promise<void> {
    this.refuseWhenStopped();
    await this.pool.query('select');
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.each(requests, (key, request) => key.acquire(request));
  }

  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.each(requests, (key, request) => key.touch(request));
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.each(requests, (key, request) => key.release(request));
  }

  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    this.refuseWhenStopped();
    const states: KeyState[] = [];
    for (const name of keys) states.push(await this.change(name, (key) => key.inspect(name)));
    return states;
  }

  /** Reports nothing: a grant is only a hint. */
  listen(): void {}

  private async each<Request extends { readonly key: string }, Answer>(
    requests: readonly Request[],
    change: (key: KeyRules, request: Request) => Answer,
  ): Promise<(Answer | Unknown)[]> {
    this.refuseWhenStopped();
    const answers: (Answer | Unknown)[] = [];
    for (const request of requests) {
      const answer = this.change(request.key, (key) => change(key, request));
      answers.push(await answer.catch((error: unknown) => ({ state: 'unknown', error })));
    }
    return answers;
  }

  private async change<Answer>(key: string, change: (key: KeyRules) => Answer): Promise<Answer> {
    const client = await this.pool.connect();
    try {
      // A text of PostgreSQL can't hold every key, and an index no long one.
      const id = createHash('sha256').update(key).digest('hex');
      await client.query('begin');
      await client.query(`insert into locks values ($1, '{"queue":[],"left":[]}') on conflict do nothing`, [id]);
      const { rows } = await client.query('select record from locks where key = $1 for update', [id]);
      // The server's clock is asked when the row is locked: now() would be the beginning of the transaction.
      const clock = await client.query('select extract(epoch from clock_timestamp()) * 1000 as now');
      const { record } = rows[0];
      const answer = change(new KeyRules(record, this.timing, Math.floor(clock.rows[0].now)));
      await client.query('update locks set record = $2 where key = $1', [id, record]);
      await client.query('commit');
      return answer;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  private refuseWhenStopped(): void {
    if (this.isStopped) throw new Error('The store was stopped.');
  }
}
