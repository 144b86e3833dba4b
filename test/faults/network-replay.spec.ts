/**
 * Requests that reach the server twice, as after a reconnect of ioredis. S6: the second time changes nothing.
 */
import type { LockService } from 'nestjs-distributed-lock';
import { DEFAULT_TIMING } from '../../lib/stores/protocol.js';
import type { Fate, TcpProxy } from '../support/network/tcp-proxy.js';
import { HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { requestOf } from '../support/network/wire-requests.js';
import { openClient } from '../support/servers/clients.js';
import { openProxy, openRedis } from '../support/servers/own-servers.js';
import { isFree, keyBecomes, nextEvent, rejection, within } from '../support/waiting.js';

const KINDS: ('acquire' | 'touch' | 'release')[] = ['acquire', 'touch', 'release'];
const FATES: Fate[] = ['duplicate', 'resend'];
const EACH = KINDS.flatMap((kind) => FATES.map((fate) => ({ kind, fate })));

interface Scene {
  readonly proxy: TcpProxy;
  readonly locks: LockService;
  readonly rival: LockService;
  /** Cuts the connection, so that nothing swallowed is still under way, and looks past the network. */
  nothingLeft(...keys: string[]): Promise<void>;
}

async function scene(): Promise<Scene> {
  const redis = await openRedis();
  const proxy = await openProxy(redis);
  const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
  const nothingLeft = async (...keys: string[]): Promise<void> => {
    for (const key of keys) expect(isFree(await rival.inspect(key))).toBe(true);
    const client = openClient(redis);
    // Those of locks: a process that has held something for a moment has a record as well.
    const names = (await client.keys('lock:{*')).sort();
    // Tokens that have left the line are remembered for as long as a place would have lived.
    const seen = names.filter((name) => name.endsWith(':seen'));
    for (const name of seen) expect(await client.pttl(name)).toBeLessThanOrEqual(DEFAULT_TIMING.placeLife);
    for (const name of seen) expect(await client.pttl(name)).not.toBe(-1);
    // What remains else is the record of the last fencing token.
    const records = names.filter((name) => !seen.includes(name));
    expect(records).toEqual(keys.map((key) => `lock:{${key}}`).sort());
  };
  return { proxy, locks, rival, nothingLeft };
}

describe.each(EACH)('$kind, $fate', ({ kind, fate }) => {
  it('taken, renewed, given back: once', async () => {
    const { proxy, locks, rival, nothingLeft } = await scene();
    const log = logOf(locks);
    proxy.always(requestOf(kind), fate);
    const lock = await locks.acquire('key');
    await lock.renew();
    expect((await rival.inspect('key')).holders[0]).toMatchObject({
      token: lock.token,
      fencingToken: lock.fencingToken,
    });
    expect(await rival.tryAcquire('key')).toBeNull();
    await lock.release();
    await nothingLeft('key');
    expect(log.map(({ type }) => type)).toEqual(['acquired', 'renewed', 'released']);
  });

  it('given up: no place in line is left', async () => {
    const { proxy, locks, rival, nothingLeft } = await scene();
    proxy.always(requestOf(kind), fate);
    const held = await rival.acquire('key');
    const cancel = new AbortController();
    const gone = rejection(locks.acquire('key', { signal: cancel.signal }));
    await nextEvent(locks, 'waiting');
    cancel.abort();
    await gone;
    await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 0);
    await held.release();
    await nothingLeft('key');
  });

  it('several keys: all or none', async () => {
    const { proxy, locks, rival, nothingLeft } = await scene();
    proxy.always(requestOf(kind), fate);
    const held = await rival.acquire('b');
    expect(await locks.tryAcquire(['a', 'b', 'c'])).toBeNull();
    await keyBecomes(rival, 'a', isFree);
    await held.release();
    const lock = await locks.acquire(['a', 'b', 'c']);
    await lock.renew();
    await lock.release();
    await nothingLeft('a', 'b', 'c');
  });
});

// A release that passed the lease on and is sent again comes over a new connection: see `network-loss.spec.ts`.
const HANDED_ON = EACH.filter(({ kind, fate }) => kind !== 'release' || fate !== 'resend');

describe.each(HANDED_ON)('$kind, $fate', ({ kind, fate }) => {
  it('waited for, and handed on: one holder at a time', async () => {
    const { proxy, locks, rival, nothingLeft } = await scene();
    proxy.always(requestOf(kind), fate);
    const held = await rival.acquire('key');
    const waiting = locks.acquire('key');
    await nextEvent(locks, 'waiting');
    const inLine = nextEvent(rival, 'waiting');
    const third = rival.acquire('key', { fair: true });
    await inLine;
    await held.release();
    const lock = await within(HEARTBEAT_AND_ROOM, waiting);
    const { holders, waiting: line } = await rival.inspect('key');
    expect(holders[0]?.token).toBe(lock.token);
    expect(line).toHaveLength(1);
    await lock.release();
    const last = await within(HEARTBEAT_AND_ROOM, third);
    expect((await rival.inspect('key')).holders[0]?.token).toBe(last.token);
    await last.release();
    await nothingLeft('key');
  });
});

describe('a request that is carried out a second time, much later', () => {
  it('a touch and a release of a finished lock do nothing to the next holder', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const [locks, rival] = [await openLocks(proxy), await openLocks(redis)];
    const lock = await locks.acquire('key');
    await lock.renew();
    await lock.release();
    const next = await rival.acquire('key');
    const late = proxy.commands.filter((command) => requestOf('touch')(command) || requestOf('release')(command));
    expect(late.length).toBeGreaterThanOrEqual(2);
    for (const { name, args } of late) await openClient(redis).call(name, ...args);
    expect((await rival.inspect('key')).holders[0]?.token).toBe(next.token);
    await next.renew();
    await next.release();
  });

  it('an acquire of a finished lock takes nothing: the key is as free as it was', async () => {
    const redis = await openRedis();
    const proxy = await openProxy(redis);
    const locks = await openLocks(proxy);
    await (await locks.acquire('key')).release();
    const { name, args } = proxy.commands.find(requestOf('acquire'))!;
    await openClient(redis).call(name, ...args);
    expect(isFree(await locks.inspect('key'))).toBe(true);
  });
});

it('renewals that travel twice are told once', async () => {
  const { proxy, locks } = await scene();
  const log = logOf(locks);
  proxy.always(requestOf('touch'), 'duplicate');
  const lock = await locks.acquire('key');
  for (let i = 0; i < 5; i++) await lock.renew();
  await lock.release();
  expect(only(log, 'renewed')).toHaveLength(5);
});
