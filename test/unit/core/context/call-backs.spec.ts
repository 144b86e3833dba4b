/**
 * What the library calls back runs outside of every caller's section, whoever's code happened to cause it: it holds no
 * lock of theirs, and is let in nowhere beside them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import type { AcquireOptions } from '../../../../lib/acquire.options.js';
import { first } from 'rxjs';
import type { LockEvent } from '../../../../lib/lock.events.js';
import type { Lock } from '../../../../lib/lock.js';
import { GrantChannel } from '../../../../lib/stores/redis/grant-channel.js';
import { RedisRequests, script } from '../../../../lib/stores/redis/redis-requests.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';
import { advance, blockEventLoop, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing } from '../../../support/fakes/fake-store.js';
import { FakeRedis, opened } from '../../../support/fakes/fake-redis.js';

/** What a callback finds: whether it holds the section's key, and what becomes of asking for it. */
type Finding = { holds: boolean; request: unknown; asked: string };

/** An application's own context, as of a request. */
const requests = new AsyncLocalStorage<string>();

/** Has everything that is called back look for the lock of the section that causes it. */
function spy(bench: Bench): { look: () => void; findings: Promise<Finding>[] } {
  const { locks } = bench;
  const findings: Promise<Finding>[] = [];
  const look = (): void => {
    const [holds, request] = [locks.holds('section'), requests.getStore()];
    const asked = locks.acquire('section', { wait: 0 }).then(
      () => 'let in',
      (error: { code: string }) => error.code,
    );
    findings.push(asked.then((outcome) => ({ holds, request, asked: outcome })));
  };
  return { look, findings };
}

const asLongAsIsNeeded: AcquireOptions = { ttl: 60_000 };

describe('what is called back', () => {
  useFakeClock();

  /** Runs a section, in which something is caused; checks everything that was called back. */
  async function expectOutside(bench: Bench, findings: Promise<Finding>[], cause: () => Promise<unknown>) {
    const during: Promise<Finding>[] = [];
    const section = requests.run('a request', () =>
      bench.locks.withLock('section', asLongAsIsNeeded, async () => {
        await cause();
        // What comes later finds no section any more.
        await flushed();
        during.push(...findings);
      }),
    );
    await advance(5_000);
    await section;
    expect(during.length).toBeGreaterThan(0);
    for (const finding of during) {
      expect(await finding).toEqual({ holds: false, request: undefined, asked: 'LOCK_BUSY' });
    }
  }

  const never = (): never => {
    throw new Error('not expected');
  };

  it.each<[string, string, (bench: Bench) => Promise<unknown>]>([
    ['acquired', 'by asking', ({ locks }) => locks.acquire('key')],
    ['renewed', 'by hand', async ({ locks }) => (await locks.acquire('key')).renew()],
    ['released', 'by hand', async ({ locks }) => (await locks.acquire('key')).release()],
    [
      'refused',
      'at once',
      ({ locks, rival }) => busy(rival.acquire('key', 'rival').then(() => locks.tryAcquire('key'))),
    ],
    [
      'waiting',
      'by asking',
      async ({ locks, rival }) => {
        await rival.acquire('key', 'rival', 1_000);
        return locks.acquire('key');
      },
    ],
    [
      'refused',
      'by a signal',
      async ({ locks, rival }) => {
        await rival.acquire('key', 'rival', 4_000);
        const controller = new AbortController();
        const asked = outcomeOf(locks.acquire('key', { signal: controller.signal }));
        await flush();
        controller.abort();
        expect(asked.state).toBe('pending');
      },
    ],
    [
      'failed',
      'by asking',
      ({ locks, store }) => {
        store.next('acquire', failing);
        return locks.acquire('key').then(never, () => undefined);
      },
    ],
    [
      'lost',
      'by a getter',
      async ({ locks }) => {
        const lock = await locks.acquire('key', { ttl: 200, autoRenew: false });
        blockEventLoop(300);
        expect(lock.isHeld).toBe(false);
      },
    ],
    [
      'lost',
      'by force',
      async ({ locks }) => {
        const lock = await locks.acquire('key');
        await locks.forceRelease('key');
        await lock.renew().then(never, () => undefined);
      },
    ],
    [
      'acquired',
      'by another release of this process',
      async ({ locks }) => {
        const lock = await locks.acquire('key');
        outcomeOf(locks.outside(() => locks.acquire('key')));
        await flush();
        await lock.release();
      },
    ],
    [
      'acquired',
      'by a release of another process',
      async ({ locks, rival }) => {
        await rival.acquire('key', 'rival');
        outcomeOf(locks.outside(() => locks.acquire('key')));
        await flush();
        await rival.release('key', 'rival');
        await flush();
      },
    ],
  ])('is outside of the section that causes it: %s, %s', async (type, _how, cause) => {
    const bench = openLocks();
    const { look, findings } = spy(bench);
    bench.locks.events$.subscribe((event) => {
      if (event.type === type && event.key === 'key') look();
    });
    await expectOutside(bench, findings, () => cause(bench));
  });

  it.each<[string, (bench: Bench, watch: (lock: Lock) => void) => Promise<void>]>([
    [
      'by a getter',
      async ({ locks }, watch) => {
        const lock = await locks.acquire('key', { ttl: 200, autoRenew: false });
        watch(lock);
        blockEventLoop(300);
        // The question itself runs nobody's code.
        expect([lock.isHeld, lock.signal.aborted]).toEqual([false, true]);
        await flush();
        expect(lock.signal.aborted).toBe(true);
      },
    ],
    [
      'of one of several keys',
      async ({ locks }, watch) => {
        const lock = await locks.acquire(['key', 'other']);
        watch(lock);
        await locks.forceRelease('other');
        await lock.renew().catch(() => undefined);
      },
    ],
    [
      'by somebody else who asks',
      async ({ locks }, watch) => {
        watch(await locks.acquire('key', { ttl: 200, autoRenew: false }));
        blockEventLoop(300);
        outcomeOf(locks.tryAcquire('key'));
        await flush();
      },
    ],
    [
      'by its release',
      async ({ locks, rival }, watch) => {
        const lock = await locks.acquire('key');
        watch(lock);
        await locks.forceRelease('key');
        await rival.acquire('key', 'rival');
        await lock.release();
      },
    ],
  ])('is outside: the signal of a lock that is lost, %s', async (_, cause) => {
    const bench = openLocks();
    const { look, findings } = spy(bench);
    await expectOutside(bench, findings, () =>
      cause(bench, ({ signal }) => signal.addEventListener('abort', look, { once: true })),
    );
  });

  it('is outside: the end of the stream', async () => {
    const bench = openLocks({}, 0);
    const { look, findings } = spy(bench);
    const seen: unknown[] = [];
    bench.locks.events$.subscribe({ complete: () => seen.push(bench.locks.holds('section'), requests.getStore()) });
    const section = requests.run('a request', () =>
      bench.locks.withLock('section', { onLost: 'ignore' }, () => bench.engine.close()),
    );
    await advance(100);
    await section;
    expect(seen).toEqual([false, undefined]);
    expect([look, findings]).toHaveLength(2);
  });
});

/** Fake timers ring in the context of whoever moves the clock, so these are real ones. */
describe('what is called back by a timer', () => {
  /** Runs a section until something was called back in it, and checks that. */
  async function expectOutside(begin: (bench: Bench, look: () => void) => Promise<unknown>): Promise<void> {
    const bench = openLocks({}, 0);
    const { look, findings } = spy(bench);
    const finding = await requests.run('a request', () =>
      bench.locks.withLock('section', asLongAsIsNeeded, async () => {
        await new Promise<void>((resolve, reject) => {
          const called = (): void => {
            look();
            resolve();
          };
          begin(bench, called).catch(reject);
        });
        return findings[0];
      }),
    );
    await bench.engine.close();
    expect(finding).toEqual({ holds: false, request: undefined, asked: 'LOCK_BUSY' });
  }

  it.each<[LockEvent['type'], (bench: Bench) => Promise<unknown>]>([
    ['renewed', ({ locks }) => locks.acquire('key', { ttl: 900 })],
    ['lost', ({ locks }) => locks.acquire('key', { ttl: 100, autoRenew: false })],
    [
      'refused',
      async ({ locks, rival }) => {
        await rival.acquire('key', 'rival', 60_000);
        locks.acquire('key', { wait: 50 }).catch(() => undefined);
      },
    ],
  ])('is outside of the section in which the timer was set: %s', async (type, begin) => {
    await expectOutside((bench, look) => {
      bench.locks.events$.pipe(first((event) => event.type === type)).subscribe(look);
      return begin(bench);
    });
  });

  it('is outside of the section in which the timer was set: a signal', async () => {
    await expectOutside(async ({ locks }, look) => {
      const { signal } = await locks.acquire('key', { ttl: 100, autoRenew: false });
      signal.addEventListener('abort', look);
    });
  });

  it('is outside of the section in which the timer was set: a touch', async () => {
    await expectOutside(async ({ locks, store }, look) => {
      store.next('touch', (call) => {
        look();
        return call.carryOut();
      });
      await locks.acquire('key', { ttl: 900 });
    });
  });
});

describe('what outlasts a section is opened outside of it', () => {
  it('a subscription', () => {
    const seen: unknown[] = [];
    const subscriber = new FakeRedis('wait');
    subscriber.connect = async () => void seen.push(requests.getStore());
    const channel = new GrantChannel(
      () => {
        seen.push(requests.getStore());
        return subscriber;
      },
      'process',
      2_000,
      { granted: () => undefined, resumed: () => undefined },
    );
    requests.run('a request', () => channel.open());
    expect(seen).toEqual([undefined, undefined]);
  });

  it('those to the servers of a cluster', async () => {
    const seen: unknown[] = [];
    const client = new FakeRedis('ready');
    client.evalsha = async () => {
      seen.push(requests.getStore());
      throw new Error('CLUSTERDOWN The cluster is down');
    };
    const refresh = (): unknown => seen.push(requests.getStore());
    const sender = new RedisRequests({ ...opened(client, { isCluster: true }), refresh }, 1_000);
    const call = { script: script('return 1'), keyCount: 0, words: [] };
    requests.run('a request', () => sender.send(call, { succeed: () => undefined, fail: () => undefined }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([undefined, undefined]);
    sender.dispose();
  });

  it('a connection', () => {
    const seen: unknown[] = [];
    const client = new FakeRedis('wait');
    client.connect = async () => void seen.push(requests.getStore());
    const sender = new RedisRequests(opened(client), 1_000);
    const call = { script: script('return 1'), keyCount: 0, words: [] };
    requests.run('a request', () => sender.send(call, { succeed: () => undefined, fail: () => undefined }));
    expect(seen).toEqual([undefined]);
    sender.dispose();
  });
});

/** Lets everything be told that is to be told. */
async function flushed(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** What is refused because somebody else has the key. */
function busy(asked: Promise<unknown>): Promise<void> {
  return asked.then((lock) => expect(lock).toBeNull());
}
