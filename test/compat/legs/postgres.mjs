/** Beside transactions of PostgreSQL. Where no server can be had that is said; on a build server it is a failure. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { count } from '../../package/report.mjs';
import { startPostgres } from '../../support/postgres-server.mjs';
import { install, run } from '../install.mjs';
import { withApplication } from './application.mjs';

export async function postgres(redisUrl) {
  const server = await startPostgres().catch((error) => {
    if (process.env.CI) throw error;
    console.log(`        skipped: ${error.message}`);
    count({ passed: 0, failed: 0, skipped: 1 });
  });
  if (server === undefined) return;
  try {
    const modules = [join(install('postgres'), 'node_modules')];
    await withApplication('postgres', { modules, packages: ['pg', '@types/pg'] }, (folder) => {
      const where = { REDIS_URL: redisUrl, POSTGRES_URL: server.url, LOCK_PREFIX: `postgres-${randomUUID()}` };
      run([join(folder, 'app.js')], { env: { ...process.env, ...where } });
    });
  } finally {
    await server.stop();
  }
}
