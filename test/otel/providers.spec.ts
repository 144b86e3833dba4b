/** Where spans and metrics go: to providers that come late, and to others than before, with what is counted at the moment. */
import { readFileSync } from 'node:fs';
import { context, metrics, trace } from '@opentelemetry/api';
import { describe, expect, it } from '@jest/globals';
import { LockService } from 'nestjs-distributed-lock';
import { LockInstrumentation } from 'nestjs-distributed-lock/otel';
import { lockModule, start } from '../support/apps/apps.js';
import { atEnd } from '../support/at-end.js';
import { nextEvent, rejection } from '../support/waiting.js';
import { instrument, Meters, Spans } from './telemetry.js';

const [HELD, WAITERS] = ['distributed_lock.held', 'distributed_lock.waiters'];

async function open(): Promise<LockService> {
  return (await start({ imports: [lockModule({ ttl: '60s' })] })).get(LockService);
}

function anotherMeters(): Meters {
  const meters = new Meters();
  atEnd(() => meters.provider.shutdown());
  return meters;
}

describe('another meter provider', () => {
  it('takes over what is held and waited for, and both providers come back to zero', async () => {
    const { instrumentation, meters: first } = instrument();
    const second = anotherMeters();
    const locks = await open();
    const lock = await locks.acquire('order:42', { label: 'order' });
    const cancel = new AbortController();
    const waiting = nextEvent(locks, 'waiting');
    const refused = rejection(locks.acquire('order:42', { label: 'order', wait: '60s', signal: cancel.signal }));
    await waiting;
    expect([await first.sum(HELD), await first.sum(WAITERS)]).toEqual([1, 1]);

    instrumentation.setMeterProvider(second.provider);
    expect([await first.sum(HELD), await first.sum(WAITERS)]).toEqual([0, 0]);
    expect([await second.sum(HELD), await second.sum(WAITERS)]).toEqual([1, 1]);
    // Under the same name, or two series of one lock would drift apart.
    const mine = { 'distributed_lock.name': 'order', 'distributed_lock.instance': 'default' };
    expect(await second.attributes(HELD)).toEqual([mine]);

    cancel.abort();
    await refused;
    await lock.release();
    for (const meters of [first, second]) expect([await meters.sum(HELD), await meters.sum(WAITERS)]).toEqual([0, 0]);
    expect(await first.points('distributed_lock.hold.duration')).toEqual([]);
    expect(await second.points('distributed_lock.hold.duration')).toHaveLength(1);
  });

  it('changes nothing where it is the same again', async () => {
    const { instrumentation, meters } = instrument();
    const locks = await open();
    const lock = await locks.acquire('order:42');
    instrumentation.setMeterProvider(meters.provider);
    expect(await meters.sum(HELD)).toBe(1);
    await lock.release();
    expect(await meters.sum(HELD)).toBe(0);
  });
});

describe('global providers', () => {
  it('may come later than the instrumentation, and while a lock is held', async () => {
    const instrumentation = new LockInstrumentation();
    atEnd(() => instrumentation.disable());
    const locks = await open();
    const lock = await locks.acquire('order:41', { label: 'before' });
    const [spans, meters] = [new Spans(), anotherMeters()];
    spans.provider.register();
    metrics.setGlobalMeterProvider(meters.provider);
    atEnd(async () => {
      context.disable();
      trace.disable();
      metrics.disable();
      await spans.provider.shutdown();
    });

    await locks.withLock('order:42', { label: 'after' }, async () => expect(await meters.sum(HELD)).toBe(2));
    expect(spans.ended.map(({ name }) => name)).toEqual(['acquire after', 'hold after']);
    await lock.release();
    expect(await meters.sum(HELD)).toBe(0);
    expect(await meters.points('distributed_lock.hold.duration')).toHaveLength(2);
  });
});

it('tracer and meter have the name and the version of the package', async () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as object;
  const { instrumentation, spans } = instrument();
  const { instrumentationName: name, instrumentationVersion: version } = instrumentation;
  expect(manifest).toMatchObject({ name, version });
  await (await open()).withLock('order:42', async () => undefined);
  expect(spans.get('hold').instrumentationScope).toMatchObject({ name, version });
});
