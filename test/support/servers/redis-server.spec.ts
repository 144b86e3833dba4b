/** The throw-away servers of the tests: they stop, come back, and never outlive the process that started them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';

import {
  ensureRedisServer,
  findRedisServer,
  startRedis,
  type RedisServer,
} from '../../../sample-app/redis/redis-server.mjs';

describe('startRedis', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });

  async function started(options?: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
    const server = await startRedis(options);
    opened.push(server);
    return server;
  }

  function clientOf({ url }: RedisServer): Redis {
    const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 5, disconnectTimeout: 10 });
    client.on('error', () => {}); // servers die here
    opened.push({ [Symbol.asyncDispose]: async () => client.disconnect() });
    return client;
  }

  async function folderOf(client: Redis): Promise<string> {
    return ((await client.config('GET', 'dir')) as [string, string])[1];
  }

  it('gives a server of its own, and removes all of it', async () => {
    const [first, second] = await Promise.all([started(), started()]);
    expect(first.port).not.toBe(second.port);
    const folder = await folderOf(clientOf(first));
    expect(existsSync(folder)).toBe(true);
    const { pid } = first;
    await first.stop();
    expect(first.isRunning).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(folder)).toBe(false);
    expect(() => first.pid).toThrow('not running');
    await expect(first.restart()).rejects.toThrow('start another');
    await first.stop();
  });

  it.each([
    { persist: true, kept: 'value' },
    { persist: false, kept: null },
  ])('restarts on the same port, persist: $persist', async ({ persist, kept }) => {
    const server = await started({ persist });
    const client = clientOf(server);
    await client.set('key', 'value');
    const { pid, url } = server;
    await server.kill();
    expect(server.isRunning).toBe(false);
    await server.restart();
    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    expect(await client.get('key')).toBe(kept);
  });

  it('is silent while paused, and stops all the same', async () => {
    const server = await started();
    const client = clientOf(server);
    await client.ping();
    await server.pause();
    let answered = false;
    const reply = client.ping().finally(() => (answered = true));
    const accepted = connect(server.port, '127.0.0.1');
    await once(accepted, 'connect');
    accepted.destroy();
    expect(answered).toBe(false);
    server.resume();
    expect(await reply).toBe('PONG');
    await server.pause();
    await server.stop();
    expect(server.isRunning).toBe(false);
  });

  it('tries a restart again while somebody else has its port', async () => {
    const server = await started();
    await server.kill();
    const thief = createServer().listen(server.port, '127.0.0.1');
    await once(thief, 'listening');
    const restarted = server.restart();
    while (!server.isRunning) await new Promise(setImmediate);
    while (server.isRunning) await new Promise(setImmediate); // the first attempt failed
    thief.close();
    await restarted;
    expect(await clientOf(server).ping()).toBe('PONG');
  });

  it('says what the server said when it does not start', async () => {
    await expect(startRedis({ args: ['--nonsense', '1'] })).rejects.toThrow(/status 1[^]*nonsense/);
  });

  it('ends with the process that started it, even one that was killed', async () => {
    const module = new URL('../../../sample-app/redis/redis-server.mjs', import.meta.url).href;
    const script = `
      import { startRedis } from ${JSON.stringify(module)};
      const server = await startRedis();
      console.log(server.port);
      setInterval(() => {}, 1_000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await once(parent.stdout, 'data');
    const client = connect(Number(port), '127.0.0.1').on('error', () => {});
    await once(client, 'connect');
    client.write('CONFIG GET dir\r\n');
    const [reply] = await once(client, 'data');
    const folder = String(reply).split('\r\n')[4] as string;
    expect(existsSync(folder)).toBe(true);
    const serverGone = once(client, 'close');
    parent.kill('SIGKILL');
    await serverGone;
    while (existsSync(folder)) await new Promise(setImmediate);
  });
});

describe('the server program', () => {
  const environment = { ...process.env };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'redis-binary-'));
    delete process.env['REDIS_SERVER'];
  });

  afterEach(() => {
    process.env = { ...environment };
    rmSync(folder, { recursive: true });
    jest.restoreAllMocks();
  });

  function program(name: string, script: string): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  }

  it('is what REDIS_SERVER names, by path or by name', () => {
    const path = program('my-redis', '');
    process.env['REDIS_SERVER'] = path;
    expect(findRedisServer()).toBe(path);
    process.env['REDIS_SERVER'] = 'my-redis';
    process.env['PATH'] = folder;
    expect(findRedisServer()).toBe(path);
  });

  it('is never another than the one that REDIS_SERVER names', async () => {
    process.env['REDIS_SERVER'] = join(folder, 'missing');
    expect(() => findRedisServer()).toThrow('not an executable file');
    await expect(ensureRedisServer()).rejects.toThrow('REDIS_SERVER is set to');
  });

  it('may be Valkey', () => {
    process.env['PATH'] = folder;
    expect(findRedisServer()).toBeNull();
    const path = program('valkey-server', '');
    expect(findRedisServer()).toBe(path);
  });

  it('must be installed by hand where there is no package manager to ask', async () => {
    process.env['PATH'] = folder;
    const error = await ensureRedisServer().catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/^Error: No Redis server found\. .*apt-get.*brew.*dnf.*REDIS_URL/);
    expect(String(error)).not.toContain('\n');
  });
});
