/** A Sentinel that watches one server, of a test's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { anyLocalPort } from '../../../sample-app/redis/local-port.mjs';
import { ensureRedisServer } from '../../../sample-app/redis/redis-server.mjs';
import { atEnd } from '../at-end.js';
import { until } from '../waiting.js';

/** Answers its port when it knows its master. */
export async function openSentinel(master: { readonly port: number }, name: string): Promise<number> {
  const program = await ensureRedisServer();
  const port = anyLocalPort();
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));
  const config = join(folder, 'sentinel.conf');
  writeFileSync(
    config,
    `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor ${name} 127.0.0.1 ${master.port} 1\n`,
  );
  const sentinel = spawn(program, [config, '--sentinel'], { stdio: 'ignore' });
  atEnd(async () => {
    if (sentinel.exitCode === null) {
      sentinel.kill('SIGKILL');
      await once(sentinel, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 } as object);
  client.on('error', () => undefined);
  atEnd(() => client.disconnect());
  await until(async () => {
    const known = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name).catch(() => null);
    return Array.isArray(known) && Number(known[1]) === master.port;
  });
  return port;
}
