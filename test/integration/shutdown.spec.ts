/** `app.close()` with locks in use: refuse, cancel, keep renewing, take away when the grace is over, then disconnect. */
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Controller, Get, Inject, Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, Observable, Subject, take, toArray } from 'rxjs';
import { Locked, LockLostError, LockService, LockShutdownError } from 'nestjs-distributed-lock';
import type { Lock, LockEvent } from 'nestjs-distributed-lock';
import { ADAPTERS, lockModule, start, startHttp, startWith } from '../support/apps/apps.js';
import { freshPrefix, redisAddress } from '../support/servers/run-server.js';
import { connectionsNamed, freshConnectionName, ownClient } from '../support/servers/clients.js';
import { deferred, isFree, keyBecomes, nextEvent, rejection, until } from '../support/waiting.js';

@Injectable()
class Orders {
  @Inject() readonly locks!: LockService;
  readonly entered = deferred<Lock>();
  readonly leave = deferred();
  readonly source = new Subject<string>();

  @Locked('order:<0>', { ttl: 300 })
  async ship(id: string): Promise<string> {
    this.entered.resolve(this.locks.current());
    await this.leave.promise;
    return `shipped ${await this.inner(id)}`;
  }

  @Locked('order:<0>')
  async shipUntilLost(_id: string): Promise<void> {
    const lock = this.locks.current();
    this.entered.resolve(lock);
    await once(lock.signal, 'abort');
  }

  @Locked('order:<0>')
  async inner(id: string): Promise<string> {
    return id;
  }

  @Locked('order:<0>', { wait: Infinity })
  watch(_id: string): Observable<string> {
    this.entered.resolve(this.locks.current());
    return this.source;
  }
}

/** Two applications on the same keys: one to be closed, one to look. */
async function pair(options: Parameters<typeof lockModule>[0] = {}) {
  const prefix = freshPrefix();
  const app = await start({ imports: [lockModule({ prefix, shutdownGrace: '20s', ...options })], providers: [Orders] });
  const other = await startWith(Orders, { prefix });
  return { app, orders: app.get(Orders), other };
}

function record(locks: LockService): LockEvent[] {
  const events: LockEvent[] = [];
  locks.events$.subscribe((event) => events.push(event));
  return events;
}

function refuses(locks: LockService): Promise<boolean> {
  return locks
    .withLock('probe', () => undefined)
    .then(
      () => false,
      (error) => error instanceof LockShutdownError,
    );
}

describe('app.close()', () => {
  it('lets a running section end, renews it meanwhile, and lets it enter its lock again', async () => {
    const { app, orders, other } = await pair();
    const shipped = orders.ship('1');
    const lock = await orders.entered.promise;
    const closed = app.close();
    await until(() => refuses(orders.locks));
    const { expiresAt } = lock;
    for (let i = 0; i < 4; i++) await nextEvent(orders.locks, 'renewed');
    expect(lock.expiresAt.getTime()).toBeGreaterThan(expiresAt.getTime());
    expect(await other.locks.tryAcquire('order:1')).toBeNull();
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1');
    await closed;
    expect((await other.locks.inspect('order:1')).holders).toEqual([]);
  });

  it('refuses new locks, of other keys and of the same, by whatever way', async () => {
    const { app, orders } = await pair();
    await app.close();
    const { locks } = orders;
    const calls: (() => Promise<unknown>)[] = [
      () => locks.acquire('key'),
      () => locks.tryAcquire('key'),
      () => locks.withLock('key', () => undefined),
      () => locks.acquire(['a', 'b']),
      () => orders.inner('1'),
      () => lastValueFrom(orders.watch('1')),
    ];
    for (const call of calls) expect(await rejection(call())).toBeInstanceOf(LockShutdownError);
  });

  it('cancels waits and leaves no place in line', async () => {
    const { app, orders, other } = await pair();
    const lock = await other.locks.acquire('order:1');
    const inLine = firstValueFrom(
      orders.locks.events$.pipe(
        filter(({ type }) => type === 'waiting'),
        take(3),
        toArray(),
      ),
    );
    const waits = [
      () => orders.inner('1'),
      () => lastValueFrom(orders.watch('1')),
      () => orders.locks.acquire(['order:0', 'order:1'], { wait: Infinity }),
    ].map((call) => rejection(call()));
    await inLine;
    expect((await other.locks.inspect('order:1')).waiting).not.toEqual([]);
    await app.close();
    for (const error of await Promise.all(waits)) expect(error).toBeInstanceOf(LockShutdownError);
    expect((await other.locks.inspect('order:1')).waiting).toEqual([]);
    expect((await other.locks.inspect('order:0')).holders).toEqual([]);
    await lock.release();
    await keyBecomes(other.locks, 'order:1', isFree);
  });

  it('lets a section that another application waits for hand over its key', async () => {
    const { app, orders, other } = await pair();
    const shipped = orders.ship('1');
    await orders.entered.promise;
    const waiting = nextEvent(other.locks, 'waiting');
    const next = other.inner('1');
    await waiting;
    const closed = app.close();
    orders.leave.resolve();
    expect(await Promise.all([shipped, next, closed])).toEqual(['shipped 1', '1', undefined]);
  });

  it('takes the lock of a section that outlasts the grace away, and says so', async () => {
    const { app, orders, other } = await pair({ shutdownGrace: 50 });
    const events = record(orders.locks);
    const shipped = rejection<LockLostError>(orders.ship('1'));
    const lock = await orders.entered.promise;
    await app.close();
    expect(lock.isHeld).toBe(false);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect((lock.signal.reason as Error).cause).toBeInstanceOf(LockShutdownError);
    expect(events.map(({ type }) => type)).toContain('lost');
    await other.locks.withLock('order:1', () => undefined);
    orders.leave.resolve();
    expect(await shipped).toBeInstanceOf(LockLostError);
  });

  it("says in the module's log what it waits for, and never a token", async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const { app, orders } = await pair({ shutdownGrace: 1_500 });
    const lock = await orders.locks.acquire('order:1');
    await app.close();
    const said = warned.mock.calls.map(([message]) => String(message));
    warned.mockRestore();
    expect(said).toEqual([
      expect.stringMatching(/^The shutdown waits for a lock that is still held: "order:1" since /),
    ]);
    expect(said[0]).not.toContain(lock.token);
  });

  it('ends a stream that outlasts the grace', async () => {
    const { app, orders, other } = await pair({ shutdownGrace: 50 });
    const lost = rejection(lastValueFrom(orders.watch('1')));
    await orders.entered.promise;
    await app.close();
    expect(await lost).toBeInstanceOf(LockLostError);
    expect(orders.source.observed).toBe(false);
    await keyBecomes(other.locks, 'order:1', isFree);
  });

  it('ends the stream of events, and then its connections', async () => {
    const connectionName = freshConnectionName();
    const { app, orders, other } = await pair({ connection: { ...redisAddress(), connectionName } });
    const completed = deferred();
    orders.locks.events$.subscribe({ complete: completed.resolve });
    const shipped = orders.ship('1');
    await orders.entered.promise;
    const closed = app.close();
    await until(() => refuses(orders.locks));
    const observer = ownClient();
    expect(await connectionsNamed(connectionName, observer)).toBe(1);
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1');
    await Promise.all([closed, completed.promise]);
    await until(async () => (await connectionsNamed(connectionName, observer)) === 0);
    await keyBecomes(other.locks, 'order:1', isFree);
  });

  it('called twice does it once', async () => {
    const { app, orders } = await pair();
    const shipped = orders.ship('1');
    await orders.entered.promise;
    const closed = [app.close(), app.close()];
    orders.leave.resolve();
    expect(await shipped).toBe('shipped 1');
    await Promise.all(closed);
  });

  it('of an application that was never initialised disconnects too', async () => {
    const connectionName = freshConnectionName();
    const observer = ownClient();
    const imports = [lockModule({ connection: { ...redisAddress(), connectionName } })];
    const app = await Test.createTestingModule({ imports }).compile();
    expect(await connectionsNamed(connectionName, observer)).toBe(1);
    await app.close();
    await until(async () => (await connectionsNamed(connectionName, observer)) === 0);
  });
});

/** Asks without keeping the connection alive, for which a server that closes would wait. */
async function ask(url: string): Promise<{ status: number | undefined; body: string }> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

describe.each(ADAPTERS)('app.close() on %s', (adapter) => {
  @Controller()
  class OrdersController {
    @Inject() readonly orders!: Orders;

    @Get('ship')
    async ship(): Promise<string> {
      return this.orders.ship('1');
    }

    @Get('until-lost')
    async untilLost(): Promise<void> {
      return this.orders.shipUntilLost('1');
    }

    @Get('wait')
    async wait(): Promise<string> {
      return this.orders.inner('2');
    }
  }

  it('answers requests that hold a lock, and does not wait for those that wait for one', async () => {
    const { app, url } = await startHttp(
      {
        imports: [lockModule({ shutdownGrace: '20s', wait: Infinity })],
        providers: [Orders],
        controllers: [OrdersController],
      },
      adapter,
    );
    const orders = app.get(Orders);
    const blocker = await orders.locks.acquire('order:2');
    const waiting = nextEvent(orders.locks, 'waiting');
    const waited = ask(`${url}/wait`);
    await waiting;
    const shipped = ask(`${url}/ship`);
    await orders.entered.promise;
    const closed = app.close();
    expect(await waited).toMatchObject({ status: 500 });
    orders.leave.resolve();
    expect(await shipped).toEqual({ status: 200, body: 'shipped 1' });
    await blocker.release();
    await closed;
  });

  it('takes the lock of a request that outlasts the grace away, so that the request can end and the server close', async () => {
    const imports = [lockModule({ shutdownGrace: 50 })];
    const { app, url } = await startHttp({ imports, providers: [Orders], controllers: [OrdersController] }, adapter);
    const answer = ask(`${url}/until-lost`);
    await app.get(Orders).entered.promise;
    await app.close();
    expect(await answer).toMatchObject({ status: 500 });
  });
});
