/** What a person on duty types, against real servers, and what it prints. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { LockService } from 'nestjs-distributed-lock';
import { lockModule, start as startApp } from '../support/apps/apps.js';
import { openClient } from '../support/servers/clients.js';
import { hang, openRedis } from '../support/servers/own-servers.js';
import { RedisCluster } from '../support/servers/redis-cluster.js';
import { openSentinel } from '../support/servers/redis-sentinel.js';
import { aborted, nextEvent, timed, until } from '../support/waiting.js';
import { run, runInto, start } from './command-line.js';

/** Names that a program knows, and a person at a command line does not. */
const NOT_OF_A_COMMAND = /`|commandTimeout|forceRelease/;
const APPLICATION = { name: 'shop', version: '1.2.3' };

async function shopOn(connection: Parameters<typeof lockModule>[0] & object): Promise<LockService> {
  const options = { prefix: 'lock', ttl: '60s', application: APPLICATION, ...connection } as const;
  return (await startApp({ imports: [lockModule(options)] })).get(LockService);
}

/** A shop that holds a key, and another that waits for it. */
async function begin() {
  const redis = await openRedis();
  const connection = redis.url;
  const [shop, other] = [await shopOn({ connection }), await shopOn({ connection })];
  const lock = await shop.acquire('order:42', { label: 'ship' });
  const waiting = nextEvent(other, 'waiting');
  const next = other.acquire('order:42', { label: 'second' });
  next.catch(() => undefined);
  await waiting;
  // Both have introduced themselves.
  await until(async () => {
    const { holder, waiters } = await shop.inspect('order:42');
    return holder?.process != null && waiters[0]?.process != null && waiters[0].report !== null;
  });
  return { redis, shop, other, lock, next, at: ['-r', redis.url] };
}

describe('ls', () => {
  it('lists who holds what, the longest queue first', async () => {
    const { shop, at } = await begin();
    await using _a = await shop.acquire('a');
    await using _b = await shop.acquire('report', { mode: 'read' });
    const { code, out, err } = await run(['ls', ...at]);
    expect([code, err]).toEqual([0, '']);
    const [title, first, ...others] = out.trimEnd().split('\n');
    expect(title).toMatch(/KEY +HELD BY +APPLICATION/);
    expect(first).toMatch(new RegExp(`^order:42 +${hostname()}:${process.pid} +shop 1\\.2\\.3 +exclusive.* 1$`));
    expect(others.map((line) => line.split(' ')[0])).toEqual(['a', 'report']);
    const { out: some } = await run(['ls', '--match', 'order:*', '--json', ...at]);
    expect(JSON.parse(some)).toMatchObject({
      key: 'order:42',
      state: 'held',
      kind: 'exclusive',
      waitingCount: 1,
      process: { host: hostname(), pid: process.pid, ...APPLICATION },
    });
    expect(some).not.toContain('token"');
  });

  it('shows keys of others as they are, and nothing of them acts on the terminal', async () => {
    const { shop, at } = await begin();
    const odd = 'x\u001b[31mred\nnew line';
    await using _lock = await shop.acquire(odd);
    for (const more of [[], ['--json']]) {
      const { out } = await run(['ls', ...more, ...at]);
      expect(out).not.toContain('\u001b');
      expect(out.trimEnd().split('\n')).toHaveLength(more.length > 0 ? 2 : 3);
    }
    const { out } = await run(['ls', '--json', '--match', 'x*', ...at]);
    expect((JSON.parse(out) as { key: string }).key).toBe(odd);
  });

  it('lists five thousand keys, and stops where its reader does', async () => {
    const redis = await openRedis();
    const shop = await shopOn({ connection: redis.url });
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => shop.acquire(`key:${i}`)));
    const { code, out } = await run(['ls', '--json', '-r', redis.url]);
    expect(code).toBe(0);
    expect(new Set(out.trimEnd().split('\n')).size).toBe(5_000);
    const { out: some } = await run(['ls', '--json', '--limit', '7', '-r', redis.url]);
    expect(some.trimEnd().split('\n')).toHaveLength(7);
    const child = start(['ls', '--json', '-r', redis.url]);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const [ended] = (await once(child, 'close')) as [number | null];
    expect(ended).toBe(0);
  });
});

describe('show', () => {
  it('tells what the processes say', async () => {
    const { at } = await begin();
    const { code, out } = await run(['show', 'order:42', ...at]);
    expect(code).toBe(0);
    expect(out).toContain(`held by ${hostname()}:${process.pid} shop 1.2.3`);
    expect(out).toMatch(/ship, for \d/);
    expect(out).toMatch(/1\. .*: second, 1 caller, for \d/);
    const { out: json } = await run(['show', '--json', 'order:42', ...at]);
    expect(JSON.parse(json)).toMatchObject({ holders: [{ reports: [{ label: 'ship' }] }], waiters: [{ report: {} }] });
  });

  it('ends with 1 for a key that is free, whatever it is called', async () => {
    const { at } = await begin();
    for (const key of ['nothing', '--json', '-r']) {
      const { code, out } = await run(['show', ...at, '--', key]);
      expect([code, out]).toEqual([1, expect.stringContaining('is free')]);
    }
  });
});

describe('release', () => {
  it('takes a key away: the holder hears, and the next comes in', async () => {
    const { lock, next, at } = await begin();
    const { code, out } = await run(['release', 'order:42', '--reason', 'it hangs', '--by', 'ada', '--yes', ...at]);
    expect([code, out]).toEqual([0, '"order:42" was taken away, by ada.\n']);
    await aborted(lock.signal);
    expect(lock.signal.reason).toMatchObject({ reason: 'forced', message: expect.stringContaining('it hangs') });
    await (await next).release();
    expect((await run(['release', 'order:42', '--reason', 'again', '--yes', ...at])).code).toBe(1);
  });

  it('needs a reason, and a yes of somebody', async () => {
    const { at, lock } = await begin();
    for (const args of [['--yes'], ['--reason', 'x'], ['--reason', '', '--yes']]) {
      const { code, err } = await run(['release', 'order:42', ...args, ...at]);
      expect([code, err]).toEqual([2, expect.any(String)]);
    }
    expect(lock.isHeld).toBe(true);
  });
});

describe('watch', () => {
  it('prints each change, and ends well when it is interrupted', async () => {
    const { shop, at } = await begin();
    const child = start(['watch', '--json', '--interval', '100ms', '--match', 'seen:*', ...at]);
    const seen: { key: string; change: string }[] = [];
    child.stdout!.on('data', (text) => {
      for (const line of String(text).trimEnd().split('\n')) seen.push(JSON.parse(line) as (typeof seen)[number]);
    });
    const lock = await shop.acquire('seen:1');
    await until(() => seen.length === 1);
    await lock.release();
    await until(() => seen.length === 2);
    expect(seen.map(({ key, change }) => [key, change])).toEqual([
      ['seen:1', 'held'],
      ['seen:1', 'free'],
    ]);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
  });
});

describe('an output that can’t be written', () => {
  it('ends every command with 3, and says so in a line', async () => {
    const { at, lock } = await begin();
    for (const args of [
      ['ls'],
      ['ls', '--json'],
      ['show', 'order:42'],
      ['show', '--json', 'order:42'],
      ['watch'],
      ['watch', '--json'],
    ]) {
      const { code, err } = await runInto('/dev/full', [...args, ...at]);
      expect([args, code, err]).toEqual([args, 3, expect.stringMatching(/^Can't write the output: ENOSPC.*\n$/)]);
    }
    for (const args of [['--help'], ['ls', '--help'], ['--version']]) {
      expect([args, (await runInto('/dev/full', args)).code]).toEqual([args, 3]);
    }
    const { code, err } = await runInto('/dev/full', ['release', 'order:42', '--reason', 'x', '--yes', ...at]);
    expect([code, err]).toEqual([3, expect.stringContaining('"order:42" was taken away')]);
    await aborted(lock.signal);
  });
});

describe('a Redis that can’t be asked', () => {
  it('is said so in time, without its password', async () => {
    const { redis } = await begin();
    await hang(redis);
    const secret = redis.url.replace('//', '//user:hunter2@');
    const args = ['ls', '-r', secret, '--timeout', '500ms'];
    let ran!: Awaited<ReturnType<typeof run>>;
    const took = await timed(async () => (ran = await run(args)));
    expect([ran.code, ran.out]).toEqual([3, '']);
    expect(ran.err).not.toContain('hunter2');
    expect(took).toBeLessThan(8_000);
    redis.resume();
    const refused = await run(args);
    expect(refused.code).toBe(3);
    expect(refused.err).not.toContain('hunter2');
  });

  it('is none at all', async () => {
    const { code, err } = await run(['ls', '-r', 'redis://127.0.0.1:1', '--timeout', '300ms']);
    expect([code, err]).toEqual([3, expect.stringContaining('redis://127.0.0.1:1')]);
  });
});

describe('a user who may not do everything', () => {
  const page = readFileSync(new URL('../../docs/redis-permissions.md', import.meta.url), 'utf8');
  const rules = /ACL SETUSER looker ([^`]*)```/.exec(page)![1]!.trim().split(/\s+/);

  async function beginAs(...more: string[]) {
    const scene = await begin();
    const client = openClient(scene.redis);
    await client.call('ACL', 'SETUSER', 'looker', ...rules, ...more);
    return { ...scene, client, as: ['-r', scene.redis.url.replace('//', '//looker:password@')] };
  }

  it('looks with the rights that the documentation lists, and needs more to take a key away', async () => {
    const { shop, other, client, as } = await beginAs();
    await using _reader = await shop.acquire('report', { mode: 'read' });
    await using _permit = await shop.acquire('export', { concurrency: 3 });
    const leaving = new AbortController();
    const waiting = nextEvent(other, 'waiting');
    const writer = other.acquire('report', { signal: leaving.signal }).catch(() => undefined);
    await waiting;
    for (const args of [['ls'], ['show', 'order:42'], ['show', 'report'], ['show', 'export']]) {
      const { code, out, err } = await run([...args, ...as]);
      expect([args, code, err]).toEqual([args, 0, '']);
      expect(out).not.toContain('does not answer');
    }
    leaving.abort();
    await writer;
    expect(await client.call('ACL', 'LOG')).toEqual([]);
    const { code, err } = await run(['release', 'order:42', '--reason', 'x', '--yes', ...as]);
    expect([code, err]).toEqual([3, expect.stringContaining('a right that release needs; docs/redis-permissions.md')]);
  });

  it('is told what to do, in words of the command line', async () => {
    const { client, redis, as } = await beginAs('-scan', '-time');
    await client.call('CONFIG', 'SET', 'requirepass', 'secret');
    const { port } = redis;
    const CASES: [string[], string][] = [
      [['ls', ...as], 'docs/redis-permissions.md'],
      [['show', 'order:42', ...as], 'docs/redis-permissions.md'],
      [['ls', '-r', redis.url.replace('//', '//looker:wrong@')], 'REDIS_PASSWORD'],
      [['ls', '-r', redis.url], 'REDIS_PASSWORD'],
      [['ls', '-r', `redis://:secret@127.0.0.1:${port}/99`], 'database'],
      [['ls', '--sentinel', `127.0.0.1:${port}`, '--name', 'x'], 'REDIS_SENTINEL_PASSWORD'],
    ];
    for (const [args, said] of CASES) {
      const { code, out, err } = await run([...args, '--timeout', '500ms']);
      expect([args, code, out, err]).toEqual([args, expect.any(Number), '', expect.stringContaining(said)]);
      expect(code).toBeGreaterThan(1);
      expect(err).not.toMatch(NOT_OF_A_COMMAND);
    }
  });

  it('is shown processes as unknown where what they say of themselves can’t be read', async () => {
    const { as } = await beginAs('resetkeys', '~lock:{*');
    const { code, out } = await run(['show', 'order:42', ...as]);
    expect([code, out]).toEqual([0, expect.stringContaining('held by an unknown process\n')]);
    expect(out).toMatch(/when it has not said yet who it is, or when what it has said can’t be read/);
    expect((await run(['ls', ...as])).out).toMatch(/order:42 +unknown/);
  });
});

/** What is said of one server of a cluster, before any key is held; and of a cluster that is none. */
async function expectWholeCluster(cluster: RedisCluster): Promise<void> {
  const at = ['-r', cluster.nodes[0]!.url];
  // Its server itself finds no fault with a list of no key, or of one.
  for (const args of [['ls'], ['watch', '--json']]) {
    const { code, out, err } = await run([...args, ...at]);
    expect([args, code, out, err]).toEqual([args, 3, '', expect.stringMatching(/CROSSSLOT.*--cluster HOST:PORT/)]);
    expect(err).not.toMatch(NOT_OF_A_COMMAND);
  }
  const answers: string[] = [];
  for (const key of ['a', 'b', 'c']) {
    for (const args of [['show'], ['release', '--reason', 'x', '--yes']]) {
      answers.push((await run([...args, key, ...at])).err);
    }
  }
  const elsewhere = answers.filter((err) => err.includes('MOVED'));
  expect(elsewhere).not.toEqual([]);
  for (const err of elsewhere) expect(err).toContain('--cluster HOST:PORT');
  const { port } = await openRedis();
  const { code, err } = await run(['ls', '--cluster', `127.0.0.1:${port}`, '--timeout', '1s']);
  expect([code, err]).toEqual([3, expect.stringContaining('--redis URL')]);
}

describe('other places', () => {
  it('a cluster: keys of every server, and what their processes say; one server of it is refused', async () => {
    await using cluster = await RedisCluster.start();
    await expectWholeCluster(cluster);
    const connection = cluster.client();
    const shop = await shopOn({ connection });
    const locks = await Promise.all(Array.from({ length: 30 }, (_, i) => shop.acquire(`key:${i}`, { label: 'many' })));
    await until(async () => (await shop.inspect('key:1')).holder?.process != null);
    const at = ['--cluster', cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')];
    const { code, out } = await run(['ls', '--json', ...at]);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(30);
    expect((await run(['show', 'key:1', ...at])).out).toContain('many');
    expect((await run(['release', 'key:1', '--reason', 'x', '--yes', ...at])).code).toBe(0);
    await aborted(locks[1]!.signal);
    expect(locks[1]!.signal.reason).toMatchObject({ reason: 'forced' });
  });

  it('what a Sentinel watches', async () => {
    const { redis } = await begin();
    const port = await openSentinel(redis, 'mymaster');
    const { code, out } = await run(['show', 'order:42', '--sentinel', `127.0.0.1:${port}`, '--name', 'mymaster']);
    expect([code, out]).toEqual([0, expect.stringContaining('ship')]);
  });
});

describe('what can’t be meant', () => {
  it.each([
    [['list'], 'Commands: ls, show'],
    [['relese', 'a'], 'Did you mean release?'],
    [['ls', '--matsch', 'x'], 'Did you mean --match?'],
    [['ls', 'x'], '--match'],
    [['show'], 'needs a key'],
    [['show', 'a', 'b'], 'one key'],
    [['ls', '--limit', 'x'], 'whole number'],
    [['ls', '--redis'], 'needs a value'],
    [['ls', '--cluster', 'a:1', '--redis', 'redis://b'], 'Choose one'],
    [[], 'Usage'],
  ])('%j', async (args, said) => {
    const { code, err, out } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
  });

  it('help and version are no faults', async () => {
    for (const args of [['--help'], ['ls', '--help'], ['release', '-h'], ['--version']]) {
      const { code, out, err } = await run(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).not.toBe('');
    }
  });
});
