/** Entering a held lock again, on Redis: depth, branches that run in parallel or outlive their section, `reentrant: false`. */
import { Injectable } from '@nestjs/common';
import { LockBusyError, Locked, LockLostError, LockNotHeldError, LockService } from 'nestjs-distributed-lock';
import type { LockEvent } from 'nestjs-distributed-lock';
import { freshPrefix } from '../support/servers/run-server.js';
import { startWith } from '../support/apps/apps.js';
import { deferred, isFree, keyBecomes, nextEvent, rejection } from '../support/waiting.js';

@Injectable()
class Orders {
  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async outer(id: string): Promise<number[]> {
    const { fencingToken } = this.locks.current();
    return [fencingToken, ...(await this.inner(id)), this.locks.current().fencingToken];
  }

  @Locked('order:<0>')
  async inner(id: string): Promise<number[]> {
    return [this.locks.current(`order:${id}`).fencingToken];
  }

  @Locked('order:<0>', { reentrant: false })
  async outerOnce(id: string): Promise<number[]> {
    return this.inner(id);
  }

  @Locked('order:<0>')
  async outerOfInnerOnce(id: string): Promise<void> {
    return this.innerOnce(id);
  }

  @Locked('order:<0>', { reentrant: false, wait: Infinity })
  async innerOnce(id: string): Promise<void> {
    throw new Error(`ran for ${id}`);
  }

  @Locked('order:<0>')
  async run<T>(_id: string, section: () => Promise<T>): Promise<T> {
    return section();
  }

  @Locked('order:<0>', { ttl: 300 })
  async runShort<T>(_id: string, section: () => Promise<T>): Promise<T> {
    return section();
  }
}

function record(locks: LockService): LockEvent['type'][] {
  const types: LockEvent['type'][] = [];
  locks.events$.subscribe(({ type }) => types.push(type));
  return types;
}

describe('reentrancy', () => {
  it('an inner call has the same fencing token and asks the server nothing', async () => {
    const orders = await startWith(Orders, { wait: 0 });
    const events = record(orders.locks);
    const [outer, inner, after] = await orders.outer('1');
    expect([inner, after]).toEqual([outer, outer]);
    expect(events).toEqual(['acquired', 'acquired', 'released']);
    await keyBecomes(orders.locks, 'order:1', isFree);
  });

  it('the end of an inner call neither frees the key nor stops its renewal', async () => {
    const orders = await startWith(Orders);
    const other = await startWith(Orders, { prefix: freshPrefix() });
    await orders.runShort('1', async () => {
      await orders.inner('1');
      expect(orders.locks.holds('order:1')).toBe(true);
      expect((await orders.locks.inspect('order:1')).holders).not.toEqual([]);
      for (let i = 0; i < 4; i++) await nextEvent(orders.locks, 'renewed');
      expect(orders.locks.current().isHeld).toBe(true);
    });
    await keyBecomes(orders.locks, 'order:1', isFree);
    expect(other.locks.holds('order:1')).toBe(false);
  });

  it('parallel branches share the lock of the section that began them', async () => {
    const orders = await startWith(Orders, { wait: 0 });
    const both = [deferred(), deferred()] as const;
    const tokens = await orders.run('1', () =>
      Promise.all(
        both.map((mine, i) =>
          orders.run('1', async () => {
            mine.resolve();
            await both[1 - i]!.promise;
            return orders.locks.current().token;
          }),
        ),
      ),
    );
    expect(tokens[0]).toBe(tokens[1]);
    await keyBecomes(orders.locks, 'order:1', isFree);
  });

  it('a branch that is still inside when its section ends keeps the key', async () => {
    const orders = await startWith(Orders);
    const [entered, leave] = [deferred(), deferred()];
    const branch = await orders.run('1', async () => {
      const running = orders.run('1', async () => {
        entered.resolve();
        await leave.promise;
        return orders.locks.holds('order:1');
      });
      await entered.promise;
      return { running };
    });
    expect(await orders.locks.tryAcquire('order:1')).toBeNull();
    leave.resolve();
    expect(await branch.running).toBe(true);
    await keyBecomes(orders.locks, 'order:1', isFree);
  });

  it('a branch that enters after its section has ended takes the key like anybody else', async () => {
    const orders = await startWith(Orders);
    const go = deferred();
    const { late } = await orders.run('1', async () => ({
      late: go.promise.then(async () => [orders.locks.holds('order:1'), await orders.inner('1')]),
    }));
    const lock = await orders.locks.acquire('order:1');
    const waiting = nextEvent(orders.locks, 'waiting');
    go.resolve();
    await waiting;
    await lock.release();
    expect(await late).toEqual([false, [expect.any(Number)]]);
  });

  it('several keys: those that are held are entered, the others taken, and each is given back when its last user ends', async () => {
    const orders = await startWith(Orders, { wait: 0 });
    await orders.run('2', async () => {
      await orders.locks.withLock(['order:1', 'order:2', 'order:3'], async (lock) => {
        expect(lock.keys).toEqual(['order:1', 'order:2', 'order:3']);
        expect(orders.locks.holds('order:3')).toBe(true);
      });
      expect(['1', '2', '3'].map((id) => orders.locks.holds(`order:${id}`))).toEqual([false, true, false]);
      expect((await orders.locks.inspect('order:2')).holders).not.toEqual([]);
    });
    for (const id of ['1', '2', '3']) expect((await orders.locks.inspect(`order:${id}`)).holders).toEqual([]);
  });

  it('entering a lost lock again throws', async () => {
    const orders = await startWith(Orders);
    const outcome = orders.runShort('1', async () => {
      const lost = nextEvent(orders.locks, 'lost');
      await orders.locks.forceRelease('order:1');
      await lost;
      expect(await rejection(orders.inner('1'))).toBeInstanceOf(LockLostError);
      expect(orders.locks.holds('order:1')).toBe(false);
    });
    expect(await rejection(outcome)).toBeInstanceOf(LockLostError);
  });

  it.each(['outerOnce', 'outerOfInnerOnce'] as const)(
    'with `reentrant: false` a call that would wait for itself throws at once: %s',
    async (method) => {
      const orders = await startWith(Orders);
      const error = await rejection(orders[method]('1'));
      expect(error).toBeInstanceOf(LockBusyError);
      expect(error.message).toContain('reentrant');
      await keyBecomes(orders.locks, 'order:1', isFree);
    },
  );

  it('acquire() inside a section enters its lock; the handle has to be released too', async () => {
    const orders = await startWith(Orders);
    const handle = await orders.run('1', () => orders.locks.acquire('order:1'));
    expect(handle.isHeld).toBe(true);
    expect(await orders.locks.tryAcquire('order:1')).toBeNull();
    await handle.release();
    expect(await rejection(handle.release())).toBeInstanceOf(LockNotHeldError);
    await keyBecomes(orders.locks, 'order:1', isFree);
  });

  it('a lock from acquire() is not the current one, unless run() makes it so', async () => {
    const orders = await startWith(Orders, { wait: 0 });
    await using lock = await orders.locks.acquire('order:1');
    expect(() => orders.locks.current()).toThrow(LockNotHeldError);
    expect(await rejection(orders.inner('1'))).toBeInstanceOf(LockBusyError);
    expect(await orders.locks.run(lock, () => orders.inner('1'))).toEqual([lock.fencingToken]);
  });
});
