/** The store in PostgreSQL passes the contract. */
import { after, describe, it } from 'node:test';

import { describeLockStore } from 'nestjs-distributed-lock/testing/contract';
import pg from 'pg';

import { PostgresLockStore } from './postgres.lock-store.js';

const pool = new pg.Pool({ connectionString: process.env['POSTGRES_URL'], max: 20 });

after(() => pool.end());

describeLockStore(
  'PostgreSQL',
  () => ({
    open: (timing) => new PostgresLockStore(pool, timing),
    dispose: () => pool.query('truncate locks').then(() => undefined),
  }),
  // Its rules treat every request as exclusive, so that they stay short enough for a page.
  {
    describe,
    it,
    reportsGrants: false,
    sharesKeys: false,
    acquiresTogether: false,
    listsKeys: false,
    tellsProcesses: false,
  },
);
