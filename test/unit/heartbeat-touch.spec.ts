/** What the heartbeat sends: what is due together, in lists that go wrong each by itself. */
import { describe, expect, it, jest } from '@jest/globals';
import { advance, turns, useFakeClock } from './support/fake-clock.js';
import { failing, FakeStore, Gate, hanging, saying, unreachable } from './support/fake-store.js';
import { crowd, Metronome, start } from './support/metronome.js';

const sizes = ({ calls }: FakeStore): number[] => calls.map(({ requests }) => requests.length);

describe('the heartbeat', () => {
  useFakeClock();

  it('sends what is due together in one request, earliest deadline first', async () => {
    const { heartbeat, store } = start();
    const beats = [new Metronome('b', 9.6), new Metronome('c', 9.8), new Metronome('a', 9.2), new Metronome('d', 11)];
    for (const beat of beats) heartbeat.add(beat);
    await advance(10);
    expect(store.calls).toHaveLength(1);
    expect(store.sent('touch').map(({ token }) => token)).toEqual(['a', 'b', 'c']);
  });

  it('sends nothing for who only wanted to be called', async () => {
    const { heartbeat, store } = start();
    heartbeat.add(new Metronome('a', 10, 10, () => false));
    await advance(10);
    expect(store.calls).toEqual([]);
  });

  it('sends nothing for who was ended by another in the same turn', async () => {
    const { heartbeat, store } = start();
    const victims = [new Metronome('before', 10.1), new Metronome('after', 10.9)];
    const killer = new Metronome('killer', 10.5, Infinity, () => {
      for (const victim of victims) heartbeat.remove(victim);
      return true;
    });
    for (const beat of [...victims, killer]) heartbeat.add(beat);
    await advance(11);
    expect(store.sent('touch').map(({ token }) => token)).toEqual(['killer']);
  });

  it('sends lists as long as the store takes, without waiting for one another', async () => {
    const { heartbeat, store } = start();
    store.maxListLength = 30;
    store.always('touch', hanging);
    for (const beat of crowd(64)) heartbeat.add(beat);
    await advance(10);
    expect(sizes(store)).toEqual([30, 30, 4]);
  });

  it('sends 64 at once, and the rest when others had their turn of the event loop', async () => {
    const { heartbeat, store } = start();
    store.always('touch', hanging);
    for (const beat of crowd(200)) heartbeat.add(beat);
    jest.advanceTimersByTime(10);
    expect(sizes(store)).toEqual([64]);
    await turns(3);
    expect(sizes(store)).toEqual([64, 64, 64, 8]);
  });

  it('sends nothing for who has left in the meantime', async () => {
    const { heartbeat, store } = start();
    const beats = crowd(200);
    for (const beat of beats) heartbeat.add(beat);
    jest.advanceTimersByTime(10);
    const sent = new Set(store.sent('touch').map(({ token }) => token));
    for (const beat of beats) if (!sent.has(beat.token)) heartbeat.remove(beat);
    await turns(5);
    expect(sizes(store)).toEqual([64]);
  });

  it('tells each its own answer, when it was asked for, and the ttl that was asked for', async () => {
    const { heartbeat, store } = start();
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before);
    const [known, unknown] = [new Metronome('known', 10), new Metronome('unknown', 10)];
    await store.server.acquire([{ ...known, key: known.key, kind: 'exclusive', wait: false }]);
    for (const beat of [known, unknown]) heartbeat.add(beat);
    await advance(15);
    known.ttl = 5;
    gate.open();
    await advance(0);
    expect(known.answers).toEqual([[{ state: 'held', fencingToken: expect.any(Number) }, 10, 30_000]]);
    expect(unknown.answers).toEqual([[{ state: 'gone' }, 10, 30_000]]);
  });

  it('lets an error in one chunk touch no other', async () => {
    const { heartbeat, store } = start();
    const beats = crowd(300);
    const gate = new Gate<'touch'>();
    store.next('touch', gate.before).next('touch', failing);
    for (const beat of beats) heartbeat.add(beat);
    await advance(10);
    gate.open();
    await turns(5);
    const failed = beats.filter(({ errors }) => errors.length > 0);
    const answered = beats.filter(({ answers }) => answers.length > 0);
    const second = new Set(store.calls[1]!.requests.map(({ token }) => token));
    expect(second.size).toBe(64);
    expect(failed).toEqual(beats.filter(({ token }) => second.has(token)));
    expect(answered).toEqual(beats.filter(({ token }) => !second.has(token)));
    expect(failed[0]!.errors).toEqual([unreachable()]);
  });

  it('lets an entry that failed by itself touch no other of its chunk', async () => {
    const { heartbeat, store } = start();
    const beats = crowd(3);
    const error = new Error('WRONGTYPE');
    store.next('touch', saying({ state: 'gone' }, { state: 'unknown', error }, { state: 'gone' }));
    for (const beat of beats) heartbeat.add(beat);
    await advance(10);
    const second = store.sent('touch')[1]!.token;
    expect(beats.filter(({ token }) => token === second).map(({ errors }) => errors)).toEqual([[error]]);
    const others = beats.filter(({ token }) => token !== second);
    expect(others.map(({ answers, errors }) => [answers.length, errors.length])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('sends a touch out of turn at once, without moving the next', async () => {
    const { heartbeat, store } = start();
    const beat = new Metronome('a', 100);
    heartbeat.add(beat);
    heartbeat.touch([beat]);
    expect(store.sent('touch').map(({ token }) => token)).toEqual(['a']);
    await advance(99);
    expect([beat.answers.length, beat.beats.length]).toEqual([1, 0]);
    await advance(1);
    expect(beat.beats).toEqual([100]);
  });

  it('goes on after a failed turn', async () => {
    const { heartbeat, store } = start();
    store.always('touch', failing);
    const beat = new Metronome('a', 10, 10);
    heartbeat.add(beat);
    await advance(100);
    expect(beat.errors).toHaveLength(10);
  });
});
