/** Beside transactions of PostgreSQL, and a store in it. Where no server can be had that is said; on a build server it is a failure. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { count } from '../../package/report.mjs';
import { startPostgres } from '../../support/servers/postgres-server.mjs';
import { install, run } from '../install.mjs';
import { withApplication } from './application.mjs';
import { runNodeTests } from './test-runners.mjs';

/** The rules of a key are those of the store in files. */
const RULES = ['test/contract/file-store/key-rules.ts'];

export async function postgres(redisUrl) {
  const server = await startPostgres().catch((error) => {
    if (process.env.CI) throw error;
    console.log(`        skipped: ${error.message}`);
    count({ passed: 0, failed: 0, skipped: 1 });
  });
  if (server === undefined) return;
  try {
    const modules = [join(install('postgres'), 'node_modules')];
    await withApplication('postgres', { modules, packages: ['pg', '@types/pg'], sources: RULES }, (folder) => {
      const where = { REDIS_URL: redisUrl, POSTGRES_URL: server.url, LOCK_PREFIX: `postgres-${randomUUID()}` };
      const env = { ...process.env, ...where };
      run([join(folder, 'app.js')], { env });
      runNodeTests(folder, ['contract.test.js'], env);
    });
  } finally {
    await server.stop();
  }
}
