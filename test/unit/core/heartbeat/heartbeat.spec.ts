/** The one periodic task: which beat is called when, by one timer, and what is told of that. */
import { describe, expect, it, jest } from '@jest/globals';
import { advance, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { crowd, Metronome, startHeartbeat } from '../../../support/fakes/metronome.js';

/** Whether the timers that were set keep the process alive, in the order of setting. */
function watchTimers(): () => boolean[] {
  const timers = jest.spyOn(globalThis, 'setTimeout');
  return () => timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef());
}

describe('the heartbeat', () => {
  useFakeClock();

  it('has no timer before the first beat comes, and rings once in vain after the last has left', async () => {
    const { heartbeat, add } = startHeartbeat();
    expect(jest.getTimerCount()).toBe(0);
    const beat = new Metronome('a', 60_000);
    add(beat);
    expect(jest.getTimerCount()).toBe(1);
    heartbeat.remove(beat);
    await advance(1_000);
    expect([jest.getTimerCount(), beat.beats]).toEqual([0, []]);
  });

  it('sets no timer for beats that come and go before it has rung in vain', () => {
    const { heartbeat, add } = startHeartbeat();
    const timers = watchTimers();
    for (const beat of crowd(1_000, 30_000)) {
      add(beat);
      heartbeat.remove(beat);
    }
    expect(timers()).toHaveLength(1);
  });

  it('has one timer for all beats', () => {
    const { add } = startHeartbeat();
    add(...crowd(1_000));
    expect(jest.getTimerCount()).toBe(1);
  });

  it('does not keep the process alive by itself', async () => {
    const { add } = startHeartbeat();
    const keptAlive = watchTimers();
    add(new Metronome('a', 100, 100));
    await advance(250);
    expect(keptAlive()).toEqual([false, false, false]);
  });

  it('keeps the process alive while a caller waits', async () => {
    const { heartbeat, add } = startHeartbeat();
    const keptAlive = watchTimers();
    add(new Metronome('a', 100, 100));
    heartbeat.callerCame();
    heartbeat.callerCame();
    expect(keptAlive()).toEqual([true]);
    await advance(100);
    heartbeat.callerLeft();
    expect(keptAlive().at(-1)).toBe(true);
    heartbeat.callerLeft();
    expect(keptAlive().at(-1)).toBe(false);
  });

  it('has a timer that keeps the process alive for a caller that waits without end', () => {
    const { heartbeat, add } = startHeartbeat();
    const keptAlive = watchTimers();
    heartbeat.callerCame();
    add(new Metronome('a', Infinity));
    expect(keptAlive()).toEqual([true]);
  });

  it('calls each when it is due, the earliest first', async () => {
    const { add } = startHeartbeat();
    const [late, early] = [new Metronome('late', 30, 30), new Metronome('early', 20, 20)];
    add(late);
    add(early);
    await advance(65);
    expect(early.beats).toEqual([20, 40, 60]);
    expect(late.beats).toEqual([30, 60]);
  });

  it('calls a beat earlier that became due earlier', async () => {
    const { add } = startHeartbeat();
    const beat = new Metronome('a', 1_000);
    add(beat);
    beat.dueAt = 10;
    add(beat);
    await advance(10);
    expect(beat.beats).toEqual([10]);
  });

  it('calls no beat too early that became due later', async () => {
    const { add } = startHeartbeat();
    const beat = new Metronome('a', 10);
    add(beat);
    beat.dueAt = 20;
    await advance(19);
    expect(beat.beats).toEqual([]);
    await advance(1);
    expect(beat.beats).toEqual([20]);
  });

  it('hears that a beat has moved: at once to an earlier time, and at a later one when it rings', async () => {
    const { heartbeat, add } = startHeartbeat();
    const [sooner, later] = [new Metronome('sooner', 1_000), new Metronome('later', 10)];
    add(sooner, later);
    sooner.dueAt = 10;
    later.dueAt = 20;
    for (const beat of [sooner, later]) heartbeat.moved(beat, beat.dueAt);
    await advance(30);
    expect([sooner.beats, later.beats]).toEqual([[10], [20]]);
  });

  it('waits longer than its timer does at a time', async () => {
    const { add } = startHeartbeat();
    const beat = new Metronome('a', 60_000.5);
    add(beat);
    await advance(60_000);
    expect(beat.beats).toEqual([]);
    await advance(1);
    expect(beat.beats).toHaveLength(1);
  });

  it('sets no timer anew for a beat that is due before others, but not before it rings', () => {
    const { add } = startHeartbeat();
    const timers = watchTimers();
    for (const dueAt of [60_000, 30_000, 10_000, Infinity]) add(new Metronome(`due ${dueAt}`, dueAt));
    expect(timers()).toHaveLength(1);
    add(new Metronome('soon', 500));
    expect(timers()).toHaveLength(2);
  });

  it('calls a thousand in the order in which they are due, however often that changes', async () => {
    const { add } = startHeartbeat();
    const order: number[] = [];
    const beats = Array.from({ length: 1_000 }, (_, i) => {
      const dueAt = (i * 7_919) % 1_000;
      return new Metronome(`t${i}`, dueAt + 1, Infinity, () => order.push(dueAt) < 0);
    });
    add(...beats);
    await advance(1_000);
    expect(order).toHaveLength(1_000);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('forgets all beats at its end', async () => {
    const { heartbeat, add, ticks } = startHeartbeat();
    const beats = crowd(3);
    add(...beats);
    heartbeat.stop();
    expect(jest.getTimerCount()).toBe(0);
    await advance(100);
    expect([ticks, beats.flatMap((beat) => beat.beats)]).toEqual([[], []]);
  });
});

describe('a tick of the heartbeat', () => {
  useFakeClock();

  it('tells once what came of all that was due together, earliest deadline first', async () => {
    const { add, ticks } = startHeartbeat();
    const [b, c, a] = [new Metronome('b', 9.6), new Metronome('c', 9.8), new Metronome('a', 9.2)];
    add(b, c, a, new Metronome('d', 11));
    await advance(10);
    expect(ticks).toEqual([[a, b, c]]);
  });

  it('tells nothing of a beat that has answered nothing', async () => {
    const { add, ticks } = startHeartbeat();
    add(new Metronome('a', 10, 10, () => false));
    await advance(10);
    expect(ticks).toEqual([[]]);
  });

  it('calls no beat that another of the same tick has taken out', async () => {
    const { heartbeat, add, ticks } = startHeartbeat();
    const victim = new Metronome('victim', 10.9);
    const killer = new Metronome('killer', 10.5, Infinity, () => {
      heartbeat.remove(victim);
      return true;
    });
    add(victim, killer);
    await advance(1_000);
    expect([victim.beats, ticks[0]]).toEqual([[], [killer]]);
  });

  it('does not call a beat again that has left by its own beat', async () => {
    const { heartbeat, add } = startHeartbeat();
    const beat: Metronome = new Metronome('a', 10, 10, () => {
      heartbeat.remove(beat);
      return true;
    });
    add(beat);
    await advance(2_000);
    expect([beat.beats, jest.getTimerCount()]).toEqual([[10], 0]);
  });

  it('calls a beat that another of the same tick has added when it is due', async () => {
    const { add } = startHeartbeat();
    const [added, late] = [new Metronome('added', 5), new Metronome('late', 30)];
    const adder = new Metronome('adder', 10, Infinity, () => {
      add(added, late);
      return true;
    });
    add(adder);
    await advance(30);
    expect([added.beats, late.beats]).toEqual([[10], [30]]);
  });
});
