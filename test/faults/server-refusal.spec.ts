/** A server that answers, but refuses: no memory, read-only, a data type it did not expect. */
import { LockUnavailableError } from 'nestjs-distributed-lock';
import type { LockService } from 'nestjs-distributed-lock';
import type { Redis } from 'ioredis';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';
import { aborted, isFree, keyBecomes, nextEvent, rejection, within } from '../support/waiting.js';

interface Refusal {
  readonly words: string;
  begin(client: Redis): Promise<unknown>;
  end(client: Redis): Promise<unknown>;
}

const REFUSALS: Record<string, Refusal> = {
  'out of memory': {
    words: 'OOM',
    begin: (client) => client.config('SET', 'maxmemory', '1'),
    end: (client) => client.config('SET', 'maxmemory', '0'),
  },
  // Its master is nobody, so that nothing is copied.
  'read-only': {
    words: 'READONLY',
    begin: (client) => client.call('REPLICAOF', '127.0.0.1', '1'),
    end: (client) => client.call('REPLICAOF', 'NO', 'ONE'),
  },
  'cut off from its master': {
    words: 'MASTERDOWN',
    begin: async (client) => {
      await client.config('SET', 'replica-serve-stale-data', 'no');
      await client.call('REPLICAOF', '127.0.0.1', '1');
    },
    end: (client) => client.call('REPLICAOF', 'NO', 'ONE'),
  },
  'in want of replicas': {
    words: 'NOREPLICAS',
    begin: (client) => client.config('SET', 'min-replicas-to-write', '1'),
    end: (client) => client.config('SET', 'min-replicas-to-write', '0'),
  },
};

async function scene(options: Parameters<typeof openLocks>[1] = {}) {
  const redis = await openRedis();
  return { client: openClient(redis), locks: await openLocks(redis, options), rival: await openLocks(redis) };
}

async function expectRefused(locks: LockService, words: string): Promise<void> {
  let ran = false;
  const error = await rejection(locks.withLock('key', { wait: 0 }, () => (ran = true)));
  expect(error).toBeInstanceOf(LockUnavailableError);
  expect(error.message).toContain(words);
  expect(await rejection(locks.tryAcquire('key'))).toBeInstanceOf(LockUnavailableError);
  expect(ran).toBe(false);
}

describe.each(Object.entries(REFUSALS))('a server that is %s', (_, { words, begin, end }) => {
  it('nothing runs unlocked: acquire fails with its words, and works again afterwards', async () => {
    const { client, locks, rival } = await scene();
    await begin(client);
    await expectRefused(locks, words);
    await end(client);
    await keyBecomes(rival, 'key', isFree);
    await (await locks.acquire('key', { wait: 0 })).release();
  });

  it('release failure destroys the business result: not here, and the key is free afterwards', async () => {
    const { client, locks, rival } = await scene();
    const section = locks.withLock('key', async () => {
      await begin(client);
      return 'shipped';
    });
    expect(await section).toBe('shipped');
    await end(client);
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });

  it('a held lock outlives a short refusal', async () => {
    const { client, locks } = await scene({ ttl: 3_000 });
    const lock = await locks.acquire('key');
    await begin(client);
    await lock.renew().catch(() => undefined);
    await end(client);
    await nextEvent(locks, 'renewed');
    await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  it('a waiter gets the key after a short refusal', async () => {
    const { client, locks, rival } = await scene();
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    await begin(client);
    await held.release();
    await end(client);
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });
});

const MOMENTARY: Record<string, Pick<Refusal, 'begin' | 'end'>> = {
  'read-only': REFUSALS['read-only']!,
  'cut off from its master': REFUSALS['cut off from its master']!,
  'busy with a script': {
    async begin(client) {
      await client.config('SET', 'busy-reply-threshold', '10');
      const other = client.duplicate();
      const ended = (): void => other.disconnect();
      other.eval('while true do end', 0).then(ended, ended);
      await rejection(
        (async () => {
          for (;;) await client.ping();
        })(),
      );
    },
    end: (client) => client.script('KILL'),
  },
};

describe.each(Object.entries(MOMENTARY))('a server that is %s, met by a first request', (_, { begin, end }) => {
  it('is asked again within the wait; who does not wait is told at once', async () => {
    const { client, locks } = await scene();
    await begin(client);
    const failed = nextEvent(locks, 'failed');
    const asked = locks.acquire('key', { wait: '20s' });
    await failed;
    expect(await rejection(locks.acquire('another', { wait: 0 }))).toBeInstanceOf(LockUnavailableError);
    await end(client);
    await (await asked).release();
  });
});

describe('a server that stays read-only', () => {
  it('a held lock is lost when its lease ends, after more than one attempt to renew it', async () => {
    const { client, locks } = await scene({ ttl: 1_000 });
    const log = logOf(locks);
    const lock = await locks.acquire('key');
    await REFUSALS['read-only']!.begin(client);
    await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
    expect(only(log, 'failed').filter(({ during }) => during === 'renew').length).toBeGreaterThan(1);
    expect(lock.isHeld).toBe(false);
  });
});

describe('a server that is out of memory', () => {
  it('goes on renewing what is held', async () => {
    const { client, locks } = await scene({ ttl: 500 });
    const lock = await locks.acquire('key');
    await REFUSALS['out of memory']!.begin(client);
    for (let renewal = 0; renewal < 5; renewal++) await nextEvent(locks, 'renewed');
    expect(lock.isHeld).toBe(true);
  });

  it('frees the key at its release, not a whole ttl later', async () => {
    const { client, locks, rival } = await scene();
    const lock = await locks.acquire('key');
    await REFUSALS['out of memory']!.begin(client);
    await lock.release();
    await keyBecomes(rival, 'key', isFree, HEARTBEAT_AND_ROOM);
  });
});

describe('a record that is no record', () => {
  it('is refused, says what to do, and other keys do not mind', async () => {
    const { client, locks } = await scene();
    await client.lpush('lock:{key}', 'somebody took the name');
    await expectRefused(locks, 'not a lock');
    await expectRefused(locks, 'forceRelease("key")');
    await (await locks.acquire('another')).release();
  });

  it('a number that another program counts there is not taken for a free key, nor lost', async () => {
    const { client, locks } = await scene();
    await client.incr('lock:{key}');
    await expectRefused(locks, 'not a lock');
    expect(await client.incr('lock:{key}')).toBe(2);
    expect(await locks.inspect('key')).toMatchObject({ holders: [], foreign: true });
    expect(await locks.forceRelease('key')).toBe(true);
    expect(await locks.inspect('key')).not.toHaveProperty('foreign');
    await (await locks.acquire('key')).release();
    expect(await locks.forceRelease('key')).toBe(false);
  });

  it('a lock that is overwritten is lost, and its waiters are refused, each by itself', async () => {
    const { client, locks } = await scene();
    const [lock, other] = [await locks.acquire('key'), await locks.acquire('another')];
    await client.setrange('lock:{key}', 0, 'overwritten head');
    expect(await rejection(lock.renew())).toMatchObject({ code: 'LOCK_LOST' });
    await other.renew();
    await expectRefused(locks, 'not a lock');
    await other.release();
  });
});
