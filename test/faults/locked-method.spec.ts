/** What callers of a `@Locked` method see when the server or the network fails under it. */
import { Injectable } from '@nestjs/common';
import { Locked, LockLostError, LockService, LockUnavailableError } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions } from 'nestjs-distributed-lock';
import { HEARTBEAT_AND_ROOM, openApp, openLocks } from '../support/apps/locks.js';
import type { Where } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { hang, openProxy, openRedis } from '../support/servers/own-servers.js';
import { openClient } from '../support/servers/clients.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, within } from '../support/waiting.js';

class OutOfStock extends Error {}

@Injectable()
class Orders {
  shipped = 0;
  /** What happens to the server or the network while an order is shipped. */
  meanwhile: () => Promise<unknown> = async () => undefined;

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    this.shipped += 1;
    await this.meanwhile();
    return `shipped ${id}`;
  }

  @Locked('order:<0>')
  async refuse(_id: string): Promise<string> {
    await this.meanwhile();
    throw new OutOfStock();
  }

  @Locked('order:<0>', { onLost: 'ignore' })
  async count(_id: string): Promise<number> {
    await this.meanwhile();
    return 42;
  }

  @Locked('order:<0>', { onBusy: 'skip', wait: 0 })
  async tryShip(id: string): Promise<string | undefined> {
    return this.ship(id);
  }

  /** Resolves when the lock of the running method is lost. */
  async lost(): Promise<void> {
    await within(HEARTBEAT_AND_ROOM, aborted(this.locks.current().signal));
  }
}

async function openOrders(where: Where, options?: DistributedLockModuleOptions): Promise<Orders> {
  return (await openApp(where, options, [Orders])).get(Orders);
}

describe('the lock is lost under the method', () => {
  async function hanging() {
    const redis = await openRedis();
    const orders = await openOrders(redis, { ttl: 500, commandTimeout: 300 });
    orders.meanwhile = async () => {
      await hang(redis);
      await orders.lost();
    };
    return orders;
  }

  it('its result is attached to the error', async () => {
    const error = await rejection<LockLostError>((await hanging()).ship('1'));
    expect(error).toBeInstanceOf(LockLostError);
    expect(error.result).toBe('shipped 1');
  });

  it('its own error reaches the caller, unwrapped', async () => {
    expect(await rejection((await hanging()).refuse('1'))).toBeInstanceOf(OutOfStock);
  });

  it("onLost: 'ignore': its result reaches the caller", async () => {
    expect(await (await hanging()).count('1')).toBe(42);
  });
});

describe('the release fails', () => {
  async function unreleasable() {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const orders = await openOrders(proxy, { commandTimeout: 300 });
    proxy.always(requestOf('release'), 'drop');
    return { orders, failed: nextEvent(orders.locks, 'failed') };
  }

  it('release failure destroys the business result: not here', async () => {
    const { orders, failed } = await unreleasable();
    expect(await orders.ship('1')).toBe('shipped 1');
    expect(await failed).toMatchObject({ key: 'order:1', during: 'release' });
  });

  it('NotFoundException from the method becomes HTTP 500: not here, its own error is what the caller gets', async () => {
    const { orders, failed } = await unreleasable();
    expect(await rejection(orders.refuse('1'))).toBeInstanceOf(OutOfStock);
    expect(await failed).toMatchObject({ key: 'order:1', during: 'release' });
  });
});

describe('the server cannot be reached', () => {
  it('the body does not run, and the caller is told what is wrong', async () => {
    const redis = await openRedis();
    const orders = await openOrders(redis, { commandTimeout: 300 });
    await redis.kill();
    expect(await rejection(orders.ship('1'))).toBeInstanceOf(LockUnavailableError);
    await redis.restart();
    expect(orders.shipped).toBe(0);
    expect(await orders.ship('1')).toBe('shipped 1');
  });

  it("broken is not busy: onBusy: 'skip' does not skip it", async () => {
    const redis = await openRedis();
    const orders = await openOrders(redis, { commandTimeout: 300 });
    await hang(redis);
    expect(await rejection(orders.tryShip('1'))).toBeInstanceOf(LockUnavailableError);
    expect(orders.shipped).toBe(0);
  });
});

it('the server forgets its scripts and the connection breaks under the method: its caller notices nothing', async () => {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  const orders = await openOrders(proxy);
  const client = openClient(redis);
  orders.meanwhile = async () => {
    await client.script('FLUSH');
    proxy.cut();
    await orders.locks.renew();
  };
  expect(await orders.ship('1')).toBe('shipped 1');
  await keyBecomes(await openLocks(redis), 'order:1', isFree);
});
