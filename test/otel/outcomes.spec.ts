/** What spans and metrics say of how a lock came, why it did not, and how it ended. */
import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from '@jest/globals';
import { LockService } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions } from 'nestjs-distributed-lock';
import type { LockInstrumentationConfig } from 'nestjs-distributed-lock/otel';
import { lockModule, start } from '../support/apps/apps.js';
import { aborted, nextEvent, rejection, until } from '../support/waiting.js';
import { instrument } from './telemetry.js';

const label = 'order';

async function open(config?: LockInstrumentationConfig, options: DistributedLockModuleOptions = {}) {
  const telemetry = instrument(config);
  const module = await start({ imports: [lockModule({ ttl: '60s', ...options })] });
  return { ...telemetry, locks: module.get(LockService) };
}

describe('a lock that is had', () => {
  it('says how it came and how it ended, in its spans and in the metrics', async () => {
    const { locks, spans, meters } = await open();
    const lock = await locks.acquire('order:42', { label });
    expect(await meters.sum('distributed_lock.held')).toBe(1);
    await lock.release();
    expect(spans.get('acquire order').attributes).toMatchObject({
      'distributed_lock.name': label,
      'distributed_lock.instance': 'default',
      'distributed_lock.mode': 'write',
      'distributed_lock.outcome': 'acquired',
      'distributed_lock.how': 'free',
    });
    expect(spans.get('hold order').attributes).toMatchObject({
      'distributed_lock.end': 'released',
      'distributed_lock.fencing_token': lock.fencingToken,
    });
    const mine = { 'distributed_lock.name': label, 'distributed_lock.instance': 'default' };
    expect(await meters.attributes('distributed_lock.wait.duration')).toEqual([
      { ...mine, 'distributed_lock.outcome': 'acquired', 'distributed_lock.how': 'free' },
    ]);
    expect(await meters.attributes('distributed_lock.hold.duration')).toEqual([
      { ...mine, 'distributed_lock.end': 'released' },
    ]);
    expect(await meters.sum('distributed_lock.held')).toBe(0);
    expect(await meters.sum('distributed_lock.waiters')).toBe(0);
    const operations = await meters.attributes('distributed_lock.store.operation.duration');
    // On a slow machine it is held for long enough that its process begins to listen, and then looks after its leases.
    const names = operations.map((each) => each['distributed_lock.operation']).filter((name) => name !== 'touch');
    expect(names.sort()).toEqual(['acquire', 'release']);
  });

  it('names its keys only where that was asked for, and its token never', async () => {
    for (const keys of [false, true]) {
      const { locks, spans, meters, instrumentation } = await open({ keys });
      const lock = await locks.acquire(['secret:1', 'secret:2'], { label });
      await lock.release();
      const said = JSON.stringify([spans.ended.map(({ name, attributes, status }) => [name, attributes, status])]);
      expect(said.includes('secret:2')).toBe(keys);
      expect(said).not.toContain(lock.token);
      expect(JSON.stringify(await meters.all())).not.toContain('secret');
      instrumentation.disable();
    }
  });
});

describe('a lock that is refused', () => {
  it.each([
    ['busy', 0, 'UNSET'],
    ['timeout', 20, 'UNSET'],
    ['cancelled', 60_000, 'UNSET'],
    ['shutdown', 60_000, 'UNSET'],
  ] as const)('says %s', async (outcome, wait, status) => {
    const prefix = `otel-${outcome}-${process.pid}-${Date.now()}`;
    const other = (await start({ imports: [lockModule({ ttl: '60s', prefix })] })).get(LockService);
    await other.acquire('order:42');
    const telemetry = instrument();
    const module = await start({ imports: [lockModule({ ttl: '60s', prefix })] });
    const locks = module.get(LockService);
    const cancel = new AbortController();
    const waiting = wait > 0 ? nextEvent(locks, 'waiting') : undefined;
    const refused = rejection(locks.acquire('order:42', { label, wait, signal: cancel.signal }));
    await waiting;
    if (wait > 1_000) expect(await telemetry.meters.sum('distributed_lock.waiters')).toBe(1);
    if (outcome === 'cancelled') cancel.abort();
    if (outcome === 'shutdown') await module.close();
    await refused;
    const span = telemetry.spans.get('acquire order');
    expect(span.attributes).toMatchObject({ 'distributed_lock.outcome': outcome });
    expect(span.status.code).toBe(SpanStatusCode[status]);
    expect(await telemetry.meters.attributes('distributed_lock.wait.duration')).toMatchObject([
      { 'distributed_lock.outcome': outcome },
    ]);
    expect(await telemetry.meters.sum('distributed_lock.waiters')).toBe(0);
  });

  it('is an error where the call itself is wrong, without the key in it', async () => {
    const { locks, spans } = await open();
    await locks.acquire('key', { label, ttl: -5 }).catch(() => undefined);
    await locks.acquire('').catch(() => undefined);
    // Nothing was asked for.
    expect(spans.ended).toEqual([]);
  });
});

describe('a lock that ends badly', () => {
  it('is lost, with the reason', async () => {
    const { locks, spans, meters } = await open();
    const lock = await locks.acquire('order:42', { label, ttl: 200, autoRenew: false });
    await aborted(lock.signal);
    await until(() => spans.ended.length === 2);
    const span = spans.get('hold order');
    expect(span.attributes).toMatchObject({ 'distributed_lock.end': 'lost', 'error.type': 'ended' });
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(await meters.attributes('distributed_lock.lost')).toMatchObject([{ 'error.type': 'ended' }]);
    expect(await meters.sum('distributed_lock.held')).toBe(0);
    await lock.release();
    expect(await meters.sum('distributed_lock.held')).toBe(0);
  });

  it('is forced', async () => {
    const { locks, spans, meters } = await open();
    const lock = await locks.acquire('order:42', { label });
    await locks.forceRelease('order:42', { reason: 'test' });
    await aborted(lock.signal);
    await until(() => spans.ended.length === 2);
    expect(spans.get('hold order').attributes).toMatchObject({ 'distributed_lock.end': 'forced' });
    expect(await meters.attributes('distributed_lock.hold.duration')).toMatchObject([
      { 'distributed_lock.end': 'forced' },
    ]);
    expect(await meters.attributes('distributed_lock.lost')).toMatchObject([{ 'error.type': 'forced' }]);
  });
});

describe('what is counted at the moment', () => {
  it('comes back to zero whenever it is switched off and on', async () => {
    const { locks, meters, instrumentation } = await open();
    const before = await locks.acquire('a');
    instrumentation.disable();
    expect(await meters.sum('distributed_lock.held')).toBe(0);
    const unheard = await locks.acquire('b');
    instrumentation.enable();
    const after = await locks.acquire('c');
    expect(await meters.sum('distributed_lock.held')).toBe(1);
    for (const lock of [before, unheard, after]) await lock.release();
    expect(await meters.sum('distributed_lock.held')).toBe(0);
  });
});
