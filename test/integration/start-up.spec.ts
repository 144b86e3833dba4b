/** What keeps an application from starting: bad options, no connection, no Redis. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  DistributedLockModule,
  LockOptionsError,
  LockService,
  LockUnavailableError,
  MemoryLockStore,
} from 'nestjs-distributed-lock';
import { closeAfterTest, lockModule, start } from '../support/apps/apps.js';
import { REDIS_URL } from '../support/servers/run-server.js';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { ownClient } from '../support/servers/clients.js';
import { rejection, until } from '../support/waiting.js';

describe('bad options', () => {
  const bad: [option: string, options: object][] = [
    ['ttl', { ttl: 'soon' }],
    ['ttl', { ttl: 99 }],
    ['ttl', { ttl: Infinity }],
    ['ttl', { ttl: NaN }],
    ['wait', { wait: -1 }],
    ['wait', { wait: NaN }],
    ['wait', { wait: null }],
    ['autoRenew', { autoRenew: 'yes' }],
    ['maxHold', { maxHold: 0 }],
    ['reentrant', { reentrant: 1 }],
    ['prefix', { prefix: '' }],
    ['prefix', { prefix: 'a{b' }],
    ['commandTimeout', { commandTimeout: '0s' }],
    ['shutdownGrace', { shutdownGrace: 'long' }],
    ['connection', { connection: 'localhost:6379' }],
    ['connection', { connection: 6379 }],
    ['connection', { connection: null }],
    ['store', { store: new MemoryLockStore() }],
    ['store', { store: {}, connection: undefined }],
  ];

  it.each(bad)('%s: %p keeps the application from starting, and is named', async (option, options) => {
    for (const imports of [
      [lockModule(options)],
      [DistributedLockModule.forRootAsync({ useFactory: () => ({ connection: REDIS_URL, ...options }) })],
    ]) {
      const error = await rejection(start({ imports }));
      expect(error).toBeInstanceOf(LockOptionsError);
      expect(error.message).toContain(`\`${option}\``);
    }
  });

  it('no connection, or one that is undefined, as where an environment variable is missing', async () => {
    const refusal = async (options: object): Promise<string> =>
      (await rejection(start({ imports: [DistributedLockModule.forRoot(options)] }))).message;
    expect(await refusal({})).toMatch(/^DistributedLockModule needs to know where locks are kept/);
    expect(await refusal({ connection: undefined })).toMatch(
      /^`connection` is undefined: is an environment variable missing\? .*redis:\/\/localhost:6379/,
    );
  });

  it('a factory that returns no options', async () => {
    const imports = [DistributedLockModule.forRootAsync({ useFactory: () => undefined as never })];
    expect(await rejection(start({ imports }))).toBeInstanceOf(LockOptionsError);
  });

  it('a password in a bad URL is not told', async () => {
    const error = await rejection(
      start({ imports: [lockModule({ connection: 'http://me:s3cret@example.com:6379' })] }),
    );
    expect(error).toBeInstanceOf(LockOptionsError);
    expect(error.message).not.toContain('s3cret');
  });
});

describe('no connection', () => {
  it("refuses to start unless 'memory' is asked for by name", async () => {
    const error = await rejection(start({ imports: [DistributedLockModule.forRoot({})] }));
    expect(error).toBeInstanceOf(LockOptionsError);
    expect(error.message).toMatch(/`connection`.*'memory'/);
  });

  it("'memory' starts, warns, and excludes", async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const imports = [DistributedLockModule.forRoot({ connection: 'memory' })];
    const locks = (await start({ imports })).get(LockService);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('this process only'));
    warn.mockRestore();
    const lock = await locks.acquire('key');
    expect(await locks.tryAcquire('key')).toBeNull();
    await lock.release();
  });
});

describe('a Redis that cannot be reached', () => {
  let server: Server;
  let sockets: Socket[];

  /** Something that accepts connections and does with them as told. */
  async function listen(onConnection: (socket: Socket) => void): Promise<number> {
    sockets = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closeAfterTest({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    return (server.address() as AddressInfo).port;
  }

  it('that never answers: the start fails in time and leaves no connection open', async () => {
    const port = await listen((socket) => socket.resume());
    const error = await rejection(
      start({ imports: [lockModule({ connection: { host: '127.0.0.1', port }, commandTimeout: 200 })] }),
    );
    expect(error).toBeInstanceOf(LockUnavailableError);
    expect(error.message).toContain('200 ms');
    expect(sockets.length).toBeGreaterThan(0);
    await until(() => sockets.every((socket) => socket.closed || socket.readableEnded));
  });

  it('that hangs up: the start fails in time, and nobody tries to connect any longer', async () => {
    const port = await listen((socket) => socket.destroy());
    const connection = `redis://127.0.0.1:${port}`;
    const error = await rejection(start({ imports: [lockModule({ connection, commandTimeout: 200 })] }));
    expect(error).toBeInstanceOf(LockUnavailableError);
    const attempts = sockets.length;
    // The library tries again after half a second at the latest.
    await rejection(start({ imports: [lockModule({ connection: 'redis://127.0.0.1:1', commandTimeout: 1_000 })] }));
    expect(sockets.length).toBe(attempts);
  });

  it('that refuses connections: says so, without a word to the console', async () => {
    const port = await listen(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    const printed = jest.spyOn(console, 'error').mockReturnValue(undefined);
    const error = await rejection(
      start({ imports: [lockModule({ connection: `redis://127.0.0.1:${port}`, commandTimeout: 200 })] }),
    );
    expect(error).toBeInstanceOf(LockUnavailableError);
    expect(error.message).toContain('ECONNREFUSED');
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it('that wants a password: says so', async () => {
    await using redis = await startRedis({ args: ['--requirepass', 'secret'] });
    const error = await rejection(start({ imports: [lockModule({ connection: redis.url, commandTimeout: 1_000 })] }));
    expect(error).toBeInstanceOf(LockUnavailableError);
    expect(error.message).toContain('NOAUTH');
  });

  it("through a client of the user's: the start fails, and the client is left as it was", async () => {
    const port = await listen((socket) => socket.resume());
    const client = ownClient({ host: '127.0.0.1', port });
    client.on('error', () => undefined);
    await once(client, 'connect');
    const listeners = () => client.eventNames().map((event) => [event, client.listenerCount(event)]);
    const before = listeners();
    const error = await rejection(start({ imports: [lockModule({ connection: client, commandTimeout: 200 })] }));
    expect(error).toBeInstanceOf(LockUnavailableError);
    expect(listeners()).toEqual(before);
    expect(client.status).not.toBe('end');
  });

  it("through a client of the user's that was closed: it is a template, and starts all the same", async () => {
    const client = ownClient();
    await client.quit();
    const locks = (await start({ imports: [lockModule({ connection: client, commandTimeout: '1h' })] })).get(
      LockService,
    );
    await locks.withLock('key', () => undefined);
    expect(client.status).toBe('end');
  });
});
