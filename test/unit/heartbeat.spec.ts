/** The one periodic task: who is called when, by one timer. */
import { describe, expect, it, jest } from '@jest/globals';
import { advance, useFakeClock } from './support/fake-clock.js';
import { crowd, Metronome, start } from './support/metronome.js';

describe('the heartbeat', () => {
  useFakeClock();

  it('has no timer while there is nobody to call', async () => {
    const { heartbeat } = start();
    expect(jest.getTimerCount()).toBe(0);
    const beat = new Metronome('a', 100, 100);
    heartbeat.add(beat);
    expect(jest.getTimerCount()).toBe(1);
    heartbeat.remove(beat);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has one timer for everybody', () => {
    const { heartbeat } = start();
    for (const beat of crowd(1_000)) heartbeat.add(beat);
    expect(jest.getTimerCount()).toBe(1);
  });

  it('never keeps the process alive', () => {
    const { heartbeat } = start();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    heartbeat.add(new Metronome('a', 100));
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });

  it('calls each when it is due, the earliest first', async () => {
    const { heartbeat } = start();
    const [late, early] = [new Metronome('late', 30, 30), new Metronome('early', 20, 20)];
    heartbeat.add(late);
    heartbeat.add(early);
    await advance(65);
    expect(early.beats).toEqual([20, 40, 60]);
    expect(late.beats).toEqual([30, 60]);
  });

  it('calls earlier when somebody became due earlier', async () => {
    const { heartbeat } = start();
    const beat = new Metronome('a', 1_000);
    heartbeat.add(beat);
    beat.dueAt = 10;
    heartbeat.moved(beat);
    await advance(10);
    expect(beat.beats).toEqual([10]);
  });

  it('calls nobody too early who became due later', async () => {
    const { heartbeat } = start();
    const beat = new Metronome('a', 10);
    heartbeat.add(beat);
    beat.dueAt = 20;
    await advance(19);
    expect(beat.beats).toEqual([]);
    await advance(1);
    expect(beat.beats).toEqual([20]);
  });

  it('ignores the move of somebody who has left', () => {
    const { heartbeat } = start();
    heartbeat.moved(new Metronome('a', 10));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits longer than its timer does at a time', async () => {
    const { heartbeat } = start();
    const beat = new Metronome('a', 60_000.5);
    heartbeat.add(beat);
    await advance(60_000);
    expect(beat.beats).toEqual([]);
    await advance(1);
    expect(beat.beats).toHaveLength(1);
  });

  it('sets no timer anew for who is due before others, but not before it rings', () => {
    const { heartbeat } = start();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    for (const dueAt of [60_000, 30_000, 10_000, Infinity]) heartbeat.add(new Metronome(`due ${dueAt}`, dueAt));
    expect(timers).toHaveBeenCalledTimes(1);
    heartbeat.add(new Metronome('soon', 500));
    expect(timers).toHaveBeenCalledTimes(2);
  });

  it('calls a thousand in the order in which they are due, however often that changes', async () => {
    const { heartbeat } = start();
    const order: number[] = [];
    const beats = Array.from({ length: 1_000 }, (_, i) => {
      const dueAt = (i * 7_919) % 1_000;
      return new Metronome(`t${i}`, dueAt + 1, Infinity, () => order.push(dueAt) < 0);
    });
    for (const beat of beats) heartbeat.add(beat);
    await advance(1_000);
    expect(order).toHaveLength(1_000);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('forgets everybody at its end', async () => {
    const { heartbeat, store } = start();
    const beats = crowd(3);
    for (const beat of beats) heartbeat.add(beat);
    heartbeat.stop();
    expect(jest.getTimerCount()).toBe(0);
    heartbeat.moved(beats[0]!);
    await advance(100);
    expect(store.calls).toEqual([]);
  });
});
