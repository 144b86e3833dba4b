/** What is wrapped around locks, on a server and networks that fail: a leader, a run of which one is enough, a run once in a time. */
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { LockService } from 'nestjs-distributed-lock';
import type { Leadership, LeadershipState } from 'nestjs-distributed-lock';
import { openApp, openLocks } from '../support/apps/locks.js';
import { hang, openProxy, openRedis } from '../support/servers/own-servers.js';
import { rejection, until } from '../support/waiting.js';

const KEY = 'key';

/** Stands for leader with a short lease. */
function stand(locks: LockService): Leadership {
  return locks.lead(KEY, (signal) => once(signal, 'abort'), { ttl: 400, pause: 10, onError: () => undefined });
}

function becomes({ state$ }: Leadership, state: LeadershipState): Promise<LeadershipState> {
  return firstValueFrom(state$.pipe(filter((each) => each === state)));
}

describe('a leader', () => {
  it('whose network is silent steps down before another leads, and follows when it is back', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const first = stand(await openLocks(proxy));
    await becomes(first, 'leading');
    const second = stand(await openLocks(redis));
    const ledByBoth: boolean[] = [];
    second.state$.subscribe((state) => ledByBoth.push(state === 'leading' && first.isLeader));
    proxy.blackhole();
    await becomes(second, 'leading');
    proxy.flow();
    expect([first.isLeader, ledByBoth.includes(true)]).toEqual([false, false]);
    await second.resign();
    await until(() => first.isLeader);
  });

  it('is there again after a server that was killed, without its data', async () => {
    const redis = await openRedis();
    const fleet = [stand(await openLocks(redis)), stand(await openLocks(redis))];
    await until(() => fleet.some(({ isLeader }) => isLeader));
    await redis.kill();
    await until(() => !fleet.some(({ isLeader }) => isLeader));
    await redis.restart();
    await until(() => fleet.some(({ isLeader }) => isLeader));
    expect(fleet.filter(({ isLeader }) => isLeader)).toHaveLength(1);
  });

  it('is followed at once when its application closes', async () => {
    const redis = await openRedis();
    const [leading, following] = [await openApp(redis), await openApp(redis)];
    const options = { ttl: 60_000 };
    const first = leading.get(LockService).lead(KEY, (signal) => once(signal, 'abort'), options);
    await becomes(first, 'leading');
    const second = following.get(LockService).lead(KEY, (signal) => once(signal, 'abort'), options);
    await leading.close();
    await first.done;
    await becomes(second, 'leading');
  });
});

describe('once', () => {
  it('throws while the server is away, and keeps the key for no run that has not begun', async () => {
    const redis = await openRedis({ persist: true });
    const locks = await openLocks(redis, { commandTimeout: 300 });
    await hang(redis);
    const run = jest.fn(() => 'done');
    const { code } = await rejection<{ code: string }>(locks.once(KEY, run, { within: '1h' }));
    expect([code, run.mock.calls]).toEqual(['LOCK_UNAVAILABLE', []]);
    redis.resume();
    const ran = async (): Promise<boolean> => (await locks.once(KEY, run, { within: '1h' })).ran;
    await until(() => ran().catch(() => false));
    expect(await locks.once(KEY, run, { within: '1h' })).toEqual({ ran: false });
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe('singleFlight', () => {
  it('throws while the server is away, unless the result is there, and runs once when it is back', async () => {
    const redis = await openRedis();
    const locks = await openLocks(redis, { commandTimeout: 300, wait: 300 });
    let made: string | undefined;
    const flight = { read: () => made, run: jest.fn(() => (made = 'made')) };
    await hang(redis);
    const { code } = await rejection<{ code: string }>(locks.singleFlight(KEY, flight));
    expect([code, flight.run.mock.calls]).toEqual(['LOCK_UNAVAILABLE', []]);
    expect(await locks.singleFlight(KEY, { ...flight, read: () => 'there' })).toBe('there');
    redis.resume();
    await until(async () => (await locks.singleFlight(KEY, flight).catch(() => 'not yet')) === 'made');
    expect(flight.run).toHaveBeenCalledTimes(1);
  });
});
