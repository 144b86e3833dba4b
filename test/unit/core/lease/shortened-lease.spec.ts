/**
 * Requests for leases of different length that are under way together: whatever becomes of them, nobody believes in a lease
 * for longer than the server keeps it, and a short one that nobody wants any more ends no lock.
 */
import { describe, expect, it } from '@jest/globals';
import type { Lock } from '../../../../lib/lock.js';
import { openLocks, outcomeOf } from '../../../support/fakes/locks.js';
import type { Bench } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock, withoutJitter } from '../../../support/fakes/fake-clock.js';
import { Gate, hanging, unreachable } from '../../../support/fakes/fake-store.js';

/** Lets time pass, and looks all the while that who believes to hold the key is the one who holds it. */
async function expectSafe({ store }: Bench, milliseconds: number, holder: () => Lock | undefined): Promise<void> {
  for (let i = 0; i < milliseconds / 10; i++) {
    const lock = holder();
    if (lock?.isHeld) expect((await store.look('key')).holders[0]).toMatchObject({ token: lock.token });
    await advance(10);
  }
}

/** Renewals by hand of a lock, each of which waits at a gate of its own. */
async function renewing(ttls: readonly number[], autoRenew = true) {
  const bench = openLocks({ ttl: '30s', autoRenew });
  const lock = await bench.locks.acquire('key');
  await advance(100);
  const gates = ttls.map(() => new Gate<'touch'>());
  for (const [i, ttl] of ttls.entries()) {
    bench.store.next('touch', gates[i]!.before);
    outcomeOf(lock.renew(ttl));
    await advance(100);
  }
  return { ...bench, lock, gates };
}

describe('a lock with a short renewal under way', () => {
  useFakeClock();

  it.each([
    ['between', [30_000, 500, 30_000]],
    ['behind', [30_000, 30_000, 500]],
    ['before', [500, 30_000, 30_000]],
  ])('%s longer ones believes no longer than that may leave of it, if it comes last', async (_, ttls) => {
    const bench = await renewing(ttls);
    const { store, lock, gates } = bench;
    const short = ttls.indexOf(500);
    for (const [i, gate] of gates.entries()) if (i !== short) gate.open();
    await flush();
    store.always('touch', hanging);
    gates[short]!.open();
    const call = store.calls.find(({ requests }) => requests.some((r) => 'ttl' in r && r.ttl === 500))!;
    await call.carryOut();
    await expectSafe(bench, 5_000, () => lock);
    expect(lock.isHeld).toBe(false);
  });

  it.each([true, false])('that is never answered lives on (renewed: %s)', async (autoRenew) => {
    const bench = await renewing([30_000, 500, 30_000], autoRenew);
    const { lock, gates } = bench;
    gates[0]!.open();
    gates[2]!.open();
    await expectSafe(bench, 6_000, () => lock);
    expect(lock.isHeld).toBe(true);
  });

  it('asks for the whole ttl again at once when everything is answered', async () => {
    const { store, lock, gates } = await renewing([500, 30_000], false);
    for (const gate of gates) gate.open();
    await advance(5);
    expect(store.sent('touch').map(({ ttl }) => ttl)).toEqual([500, 30_000, 30_000]);
    await advance(29_600);
    expect(lock.isHeld).toBe(true);
    expect(store.sent('touch')).toHaveLength(3);
  });

  it('is asked for more than once within what is left', async () => {
    const { store, lock, gates } = await renewing([500, 30_000]);
    store.next('touch', hanging);
    gates[1]!.open();
    await advance(3_000);
    expect(lock.isHeld).toBe(true);
  });

  it('that was given up takes nothing off what is asked for after that', async () => {
    const { store, lock, gates } = await renewing([500], false);
    gates[0]!.fail(unreachable());
    await flush();
    await lock.renew(30_000);
    store.always('touch', hanging);
    await advance(29_600);
    expect(lock.isHeld).toBe(true);
  });
});

/** One who wants 30 s waits behind two others of his process who leave, each after a touch of his own. */
async function touched(ttls: readonly number[]) {
  withoutJitter();
  const bench = openLocks({ ttl: '30s', wait: 60_000 });
  const { locks, store, rival } = bench;
  await rival.acquire('key', 'rival', 300);
  const gates = ttls.map(() => new Gate<'touch'>());
  const leaving = ttls.map((ttl) => {
    const controller = new AbortController();
    outcomeOf(locks.acquire('key', { ttl, signal: controller.signal }));
    return controller;
  });
  const asked = outcomeOf(locks.acquire('key', { autoRenew: false }));
  await advance(305);
  for (const [i, gate] of gates.entries()) {
    store.next('touch', gate.before);
    store.listener!.resumed();
    leaving[i]!.abort();
    await advance(10);
  }
  return { ...bench, gates, asked, lock: () => asked.value as Lock | undefined };
}

describe('a place in line with touches of different length under way', () => {
  useFakeClock();

  it.each([
    ['30 s, then 500 ms', [30_000, 500]],
    ['500 ms, then 30 s', [500, 30_000]],
    ['30 s, 500 ms, 30 s', [30_000, 500, 30_000]],
  ])('(%s) is believed no longer than the shorter may leave of the lease', async (_, ttls) => {
    const bench = await touched(ttls);
    const { store, gates, lock } = bench;
    store.always('touch', hanging);
    const short = ttls.indexOf(500);
    for (const [i, gate] of gates.entries()) if (i !== short) gate.open();
    await advance(100);
    gates[short]!.fail();
    const call = store.calls.find(({ requests }) => requests.some((r) => 'ttl' in r && r.ttl === 500))!;
    await call.carryOut();
    await expectSafe(bench, 8_000, lock);
  });

  it('has the whole lease once that is asked for again', async () => {
    const bench = await touched([30_000, 500]);
    for (const gate of bench.gates) gate.open();
    await advance(50);
    expect(bench.asked).toMatchObject({ state: 'resolved', value: { isHeld: true } });
    await expectSafe(bench, 29_000, bench.lock);
    expect(bench.lock()!.isHeld).toBe(true);
  });

  it('hands them over to the lease that it leads to by a message', async () => {
    const bench = openLocks({ ttl: '30s', wait: 60_000 });
    const { locks, store, rival } = bench;
    await rival.acquire('key', 'rival', 60_000);
    const controller = new AbortController();
    outcomeOf(locks.acquire('key', { ttl: 1_900, signal: controller.signal }));
    const asked = outcomeOf(locks.acquire('key', { autoRenew: false }));
    await advance(10);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    store.listener!.resumed();
    controller.abort();
    await rival.release('key', 'rival');
    await flush();
    expect(asked.state).toBe('resolved');
    // The claim of 30 s was answered; the touch of the one who has left comes behind it.
    store.always('touch', hanging);
    const [short, claim] = store.sent('touch');
    expect([short!.ttl, claim!.ttl]).toEqual([1_900, 30_000]);
    await store.server.touch([short!]);
    await expectSafe(bench, 8_000, () => asked.value as Lock);
  });
});
