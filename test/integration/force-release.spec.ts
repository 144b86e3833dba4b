/** What happens to a holder whose key is taken away, and to those who wait for it. */
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';
import { startWith } from '../support/apps/apps.js';
import { deferred, isFree, keyBecomes, nextEvent } from '../support/waiting.js';

@Injectable()
class Reports {
  readonly entered = deferred();
  readonly leave = deferred();

  constructor(readonly locks: LockService) {}

  @Locked('report', { ttl: '60s' })
  async write(): Promise<string> {
    this.entered.resolve();
    await this.leave.promise;
    return 'written';
  }
}

describe.each([
  ['Redis', REDIS_URL],
  ['memory', 'memory'],
])('forceRelease, on %s', (_, connection) => {
  const open = async (prefix: string) => startWith(Reports, { connection, prefix });
  /** The memory store has no prefix, so each test begins with a free key. */
  const begin = async () => {
    const prefix = freshPrefix();
    const [holder, operator] = [await open(prefix), await open(prefix)];
    const section = holder.write();
    await holder.entered.promise;
    return { holder, operator, section };
  };

  it('a section that ends later fails, with its result in the error', async () => {
    const { holder, operator, section } = await begin();
    expect(await operator.locks.forceRelease('report')).toBe(true);
    holder.leave.resolve();
    await expect(section).rejects.toMatchObject({ code: 'LOCK_LOST', key: 'report', result: 'written' });
    expect(isFree(await operator.locks.inspect('report'))).toBe(true);
  });

  it('so it does when somebody else has held the key since', async () => {
    const { holder, operator, section } = await begin();
    await operator.locks.forceRelease('report');
    const next = await operator.locks.acquire('report');
    holder.leave.resolve();
    await expect(section).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(next.isHeld).toBe(true);
    expect(await next.release()).toBe(true);
  });

  it('lock.release() answers that the lock was not held to the end', async () => {
    const prefix = freshPrefix();
    const [holder, operator] = [await open(prefix), await open(prefix)];
    const lock = await holder.locks.acquire('report', { ttl: '60s' });
    await operator.locks.forceRelease('report');
    expect(await lock.release()).toBe(false);
  });

  it('the next in line gets the key, and nobody is left in line', async () => {
    const { holder, operator, section } = await begin();
    const waiting = nextEvent(operator.locks, 'waiting');
    const next = operator.locks.acquire('report', { wait: '10s' });
    await waiting;
    expect(await operator.locks.forceRelease('report')).toBe(true);
    const lock = await next;
    holder.leave.resolve();
    await expect(section).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await operator.locks.inspect('report')).toMatchObject({ holders: [{ token: lock.token }], waiting: [] });
    expect(await lock.release()).toBe(true);
    await keyBecomes(operator.locks, 'report', isFree);
  });
});
