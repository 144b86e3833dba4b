/** Signs of life: what is due together is sent together, a little at a time, and goes wrong each by itself. */
import { describe, expect, it, jest } from '@jest/globals';
import { advance, turns, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, FakeStore, Gate, hanging, saying, unreachable } from '../../../support/fakes/fake-store.js';
import { crowd, Metronome, startTouching } from '../../../support/fakes/metronome.js';

const sizes = ({ calls }: FakeStore): number[] => calls.map(({ requests }) => requests.length);

describe('touches', () => {
  useFakeClock();

  it('that are due together are one request, earliest deadline first', async () => {
    const { add, store } = startTouching();
    const beats = [new Metronome('b', 9.6), new Metronome('c', 9.8), new Metronome('a', 9.2), new Metronome('d', 11)];
    add(...beats);
    await advance(10);
    expect(store.calls).toHaveLength(1);
    expect(store.sent('touch').map(({ token }) => token)).toEqual(['a', 'b', 'c']);
  });

  it('are not sent where the heartbeat only wanted to be heard', async () => {
    const { add, store } = startTouching();
    add(new Metronome('a', 10, 10, () => false));
    await advance(10);
    expect(store.calls).toEqual([]);
  });

  it('are not sent of what was ended by another in the same tick', async () => {
    const { heartbeat, add, store } = startTouching();
    const victims = [new Metronome('before', 10.1), new Metronome('after', 10.9)];
    const killer = new Metronome('killer', 10.5, Infinity, () => {
      for (const victim of victims) {
        victim.isOver = true;
        heartbeat.remove(victim);
      }
      return true;
    });
    add(...victims, killer);
    await advance(11);
    expect(store.sent('touch').map(({ token }) => token)).toEqual(['killer']);
  });

  it('leave some at a time, and the rest when other code had its turn of the event loop', async () => {
    const { add, store } = startTouching();
    store.always('touch', hanging);
    const beats = crowd(200);
    add(...beats);
    jest.advanceTimersByTime(10);
    const [first] = sizes(store);
    expect(sizes(store)).toHaveLength(1);
    expect(first).toBeLessThan(100);
    await turns(5);
    expect(Math.max(...sizes(store))).toBe(first);
    const sent = store.sent('touch').map(({ token }) => token);
    expect([sent.length, new Set(sent)]).toEqual([200, new Set(beats.map(({ token }) => token))]);
  });

  it('are not sent of what has ended while others had their turn', async () => {
    const { add, store } = startTouching();
    const beats = crowd(200);
    add(...beats);
    jest.advanceTimersByTime(10);
    const sent = new Set(store.sent('touch').map(({ token }) => token));
    for (const beat of beats) beat.isOver = !sent.has(beat.token);
    await turns(5);
    expect(sizes(store)).toHaveLength(1);
    expect(beats.filter(({ isOver }) => isOver).flatMap(({ sendings }) => sendings)).toEqual([]);
  });

  it('tell each its own answer, when it was asked for, and the ttl that was asked for', async () => {
    const { add, store } = startTouching();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    const [known, unknown] = [new Metronome('known', 10), new Metronome('unknown', 10)];
    await store.server.acquire([{ key: known.key, token: 'known', limit: 1, weight: 1, ttl: 30_000, wait: false }]);
    add(known, unknown);
    await advance(15);
    known.ttl = 5;
    gate.open();
    await advance(0);
    expect(known.answers).toEqual([[{ state: 'held', fencingToken: expect.any(Number) }, 10, 30_000]]);
    expect(unknown.answers).toEqual([[{ state: 'gone' }, 10, 30_000]]);
  });

  it('are told of before they are sent', async () => {
    const { add, store } = startTouching();
    const beat = new Metronome('a', 10);
    let told: unknown;
    store.next('touch', () => {
      told = [...beat.sendings];
      return failing();
    });
    add(beat);
    await advance(10);
    expect(told).toEqual([[10, 30_000]]);
  });

  it('of one part that fail touch no other part', async () => {
    const { add, store } = startTouching();
    const beats = crowd(300);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before).next('touch', failing);
    add(...beats);
    await advance(10);
    gate.open();
    await turns(5);
    const failed = beats.filter(({ errors }) => errors.length > 0);
    const second = new Set(store.calls[1]!.requests.map(({ token }) => token));
    expect(failed.length).toBeGreaterThan(1);
    expect(failed).toEqual(beats.filter(({ token }) => second.has(token)));
    expect(failed[0]!.errors).toEqual([unreachable()]);
    for (const { answers } of beats) expect(answers).toHaveLength(1);
  });

  it('that fail by themselves touch no other of their part', async () => {
    const { add, store } = startTouching();
    const beats = crowd(3);
    const error = new Error('WRONGTYPE');
    store.next('touch', saying({ state: 'gone' }, { state: 'unknown', error }, { state: 'gone' }));
    add(...beats);
    await advance(10);
    const second = store.sent('touch')[1]!.token;
    expect(beats.map(({ token, errors }) => [token === second, errors])).toContainEqual([true, [error]]);
    const others = beats.filter(({ token }) => token !== second);
    expect(others.map(({ answers, errors }) => [answers.length, errors.length])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('out of turn leave at once, without moving the next', async () => {
    const { add, requests, store } = startTouching();
    const beat = new Metronome('a', 100);
    add(beat);
    requests.touch([beat]);
    expect(store.sent('touch').map(({ token }) => token)).toEqual(['a']);
    await advance(99);
    expect([beat.answers.length, beat.beats.length]).toEqual([1, 0]);
    await advance(1);
    expect(beat.beats).toEqual([100]);
  });

  it('go on after some that failed', async () => {
    const { add, store } = startTouching();
    store.always('touch', failing);
    const beat = new Metronome('a', 10, 10);
    add(beat);
    await advance(100);
    expect(beat.errors).toHaveLength(10);
  });
});
