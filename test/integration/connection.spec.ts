/** Whose connection it is: what the module opens it closes; a client of the user's it leaves as it found it. */
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { freshPrefix, REDIS_URL, redisAddress } from '../support/servers/run-server.js';
import { lockModule, start, startWith } from '../support/apps/apps.js';
import { connectionsNamed, freshConnectionName, ownClient } from '../support/servers/clients.js';
import type { ClientOptions } from '../support/servers/run-server.js';
import { deferred, isFree, keyBecomes, nextEvent, rejection, until } from '../support/waiting.js';

@Injectable()
class Orders {
  readonly entered = deferred();
  readonly leave = deferred();

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    this.entered.resolve();
    await this.leave.promise;
    await this.locks.renew();
    return `shipped ${id}`;
  }
}

/** Everything about a client that a guest might leave behind. */
function traces(client: Redis): object {
  const events = ['ready', 'close', 'end', 'error', 'message', 'connect', 'reconnecting', 'subscribe', 'wait'];
  return {
    options: { ...client.options },
    listeners: Object.fromEntries(events.map((event) => [event, client.listenerCount(event)])),
    names: client.eventNames(),
    properties: Reflect.ownKeys(client).sort((a, b) => (String(a) < String(b) ? -1 : 1)),
    scripts: { ...client.scriptsSet },
  };
}

/** Contends for a key between two applications, so that one of them has to wait and to hear of its turn. */
async function contend(first: Orders, second: Orders): Promise<void> {
  const firstShipped = first.ship('1');
  await first.entered.promise;
  const waiting = nextEvent(second.locks, 'waiting');
  const secondShipped = second.ship('1');
  await waiting;
  second.leave.resolve();
  first.leave.resolve();
  expect(await Promise.all([firstShipped, secondShipped])).toEqual(['shipped 1', 'shipped 1']);
}

describe('a connection that the module opens', () => {
  it('is closed with the application, and so is the one that waits', async () => {
    const connectionName = freshConnectionName();
    const shared = { prefix: freshPrefix(), connection: { ...redisAddress(), connectionName } };
    const app = await start({ imports: [lockModule(shared)], providers: [Orders] });
    await contend(await startWith(Orders, { prefix: shared.prefix }), app.get(Orders));
    const observer = ownClient();
    expect(await connectionsNamed(connectionName, observer)).toBe(2);
    await app.close();
    await until(async () => (await connectionsNamed(connectionName, observer)) === 0);
  });

  it('is one while nobody waits', async () => {
    const connectionName = freshConnectionName();
    const orders = await startWith(Orders, { connection: { ...redisAddress(), connectionName } });
    orders.leave.resolve();
    await orders.ship('1');
    expect(await connectionsNamed(connectionName, ownClient())).toBe(1);
  });
});

describe("a client of the user's", () => {
  it('is left open and as it was found, after waits and a shutdown', async () => {
    const connectionName = freshConnectionName();
    const client = ownClient({ connectionName });
    await client.ping();
    client.on('error', () => undefined);
    const before = traces(client);
    const prefix = freshPrefix();
    const app = await start({ imports: [lockModule({ connection: client, prefix })], providers: [Orders] });
    await contend(await startWith(Orders, { prefix }), app.get(Orders));
    await app.close();
    expect(traces(client)).toEqual(before);
    expect(client.status).toBe('ready');
    expect(await client.ping()).toBe('PONG');
    await until(async () => (await connectionsNamed(connectionName, client)) === 1);
  });

  it('serves two applications at once', async () => {
    const client = ownClient();
    const prefix = freshPrefix();
    const first = await start({ imports: [lockModule({ connection: client, prefix })], providers: [Orders] });
    const second = await start({ imports: [lockModule({ connection: client, prefix })], providers: [Orders] });
    await contend(first.get(Orders), second.get(Orders));
    await first.close();
    await second.get(LockService).withLock('order:1', () => undefined);
  });

  const clients: Record<string, ClientOptions> = {
    'a key prefix': { keyPrefix: 'mine:' },
    lazyConnect: { lazyConnect: true },
    'no offline queue': { enableOfflineQueue: false },
    'no limit of retries, as BullMQ wants it': { maxRetriesPerRequest: null },
    stringNumbers: { stringNumbers: true },
    'RESP3 and stringNumbers': { protocol: 3, stringNumbers: true },
    RESP2: { protocol: 2 },
    autoPipelining: { enableAutoPipelining: true },
    'no automatic resubscription': { autoResubscribe: false },
  };

  it.each(Object.entries(clients))('with %s: takes, waits, renews, looks and gives back', async (_, options) => {
    const prefix = freshPrefix();
    const connection = ownClient(options);
    const first = await startWith(Orders, { connection, prefix });
    const second = await startWith(Orders, { connection: ownClient(options), prefix });
    await contend(first, second);
    const lock = await first.locks.acquire('order:1');
    const { token, fencingToken } = lock;
    const holder = { token, fencingToken, expiresIn: expect.any(Number) as number, limit: 1, weight: 1 };
    expect(await first.locks.inspect('order:1')).toMatchObject({
      key: 'order:1',
      holder,
      holders: [holder],
      waiting: [],
      lastFencingToken: fencingToken,
    });
    expect(await second.locks.forceRelease('order:1')).toBe(true);
    await keyBecomes(first.locks, 'order:1', isFree);
    await expect(lock.renew()).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });

  it('with a key prefix: the prefix is in front of every name', async () => {
    const prefix = freshPrefix();
    const orders = await startWith(Orders, { connection: ownClient({ keyPrefix: 'mine:' }), prefix });
    await orders.locks.withLock('order:1', async () => {
      expect(await ownClient().exists(`mine:${prefix}:{order:1}`)).toBe(1);
    });
  });
});

describe('a subscription that does not come up', () => {
  it('a wait that ends meanwhile says that the key was taken, not that Redis was out of reach', async () => {
    await using proxy = await TcpProxy.start(REDIS_URL);
    proxy.always('subscribe', 'drop');
    proxy.setLatency(10);
    const prefix = freshPrefix();
    const orders = await startWith(Orders, { connection: proxy.url, prefix });
    const other = await startWith(Orders, { prefix });
    await other.locks.withLock('order:1', async () => {
      expect(await rejection(orders.locks.acquire('order:1', { wait: 200 }))).toMatchObject({ code: 'LOCK_TIMEOUT' });
    });
    await keyBecomes(orders.locks, 'order:1', isFree);
  });

  it('a longer wait is granted all the same, by the heartbeat', async () => {
    await using proxy = await TcpProxy.start(REDIS_URL);
    proxy.always('subscribe', 'drop');
    const prefix = freshPrefix();
    const orders = await startWith(Orders, { connection: proxy.url, prefix });
    const lock = await (await startWith(Orders, { prefix })).locks.acquire('order:1');
    const waiting = nextEvent(orders.locks, 'waiting');
    const granted = orders.locks.acquire('order:1');
    await waiting;
    await lock.release();
    await (await granted).release();
  });
});
