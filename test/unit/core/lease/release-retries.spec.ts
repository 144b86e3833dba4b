/** All releases that are not done: each is sent when it is due, some are forgotten, and none outlives its service. */
import { describe, expect, it, jest } from '@jest/globals';
import { Heartbeat } from '../../../../lib/core/heartbeat/heartbeat.js';
import { ReleaseRetries } from '../../../../lib/core/lease/release-retries.js';
import type { Touching } from '../../../../lib/core/lease/touching.js';
import type { ReleaseAnswer } from '../../../../lib/stores/lock-store.js';
import { outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { unreachable } from '../../../support/fakes/fake-store.js';

const UNANSWERED: ReleaseAnswer = { state: 'unknown', error: unreachable() };

/** Releases to a store that answers nothing until it is told to. */
function open() {
  const sent: string[] = [];
  const world = { answer: UNANSWERED };
  const heartbeat = new Heartbeat<Touching>(() => undefined);
  const send = async ({ key }: { key: string }): Promise<ReleaseAnswer> => {
    sent.push(key);
    return world.answer;
  };
  const retries = new ReleaseRetries(heartbeat, send);
  const add = (...keys: string[]): void => {
    for (const key of keys) retries.add({ request: { key, token: key }, longest: 1_000, doubt: 'once' }, UNANSWERED);
  };
  return { retries, world, sent, add };
}

async function expectQuiet(): Promise<void> {
  await advance(1_000);
  expect(jest.getTimerCount()).toBe(0);
}

describe('releases that are not done', () => {
  useFakeClock();

  it('are sent again when they are due, until each is done', async () => {
    const { world, sent, add } = open();
    add('a');
    await advance(300);
    add('b');
    await advance(700);
    expect(sent).toEqual(['a', 'b', 'a']);
    world.answer = { state: 'released' };
    await advance(60_000);
    expect(sent).toEqual(['a', 'b', 'a', 'b', 'a']);
    await expectQuiet();
  });

  it('take no more memory than they may, however long nothing answers: the oldest is forgotten', async () => {
    const { retries, sent, add } = open();
    add('oldest', 'second', ...Array.from({ length: 99_998 }, (_, i) => `key ${i}`), 'newest', 'last');
    await retries.close();
    expect(sent).toHaveLength(100_000);
    expect([sent[0], sent.at(-1)]).toEqual(['key 0', 'last']);
    await expectQuiet();
  }, 120_000);

  it('are all sent at once when they may be done by now, but none that is under way', async () => {
    const { retries, sent, add } = open();
    add('a', 'b');
    retries.hurry();
    retries.hurry();
    expect(sent).toEqual(['a', 'b']);
    await flush();
    retries.hurry();
    expect(sent).toEqual(['a', 'b', 'a', 'b']);
  });

  it('are tried once more at the end, which waits for the answers; then they are forgotten', async () => {
    const { retries, sent, add } = open();
    add('a', 'b');
    const closed = outcomeOf(retries.close());
    expect([closed.state, sent]).toEqual(['pending', ['a', 'b']]);
    await flush();
    expect(closed.state).toBe('resolved');
    await expectQuiet();
    expect(sent).toEqual(['a', 'b']);
  });

  it('are not taken on after the end', async () => {
    const { retries, sent, add } = open();
    await retries.close();
    add('a');
    await advance(2_000);
    expect([sent, jest.getTimerCount()]).toEqual([[], 0]);
  });
});
