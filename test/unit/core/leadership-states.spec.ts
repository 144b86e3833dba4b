/** The states of a leadership, as listeners hear them. */
import { describe, expect, it } from '@jest/globals';
import { LockEventEmitter } from '../../../lib/core/event-emitter.js';
import { LeadershipStates } from '../../../lib/core/leadership-states.js';
import { flush, useFakeClock } from '../../support/fakes/fake-clock.js';

function open() {
  const reported: unknown[] = [];
  const states = new LeadershipStates(new LockEventEmitter((error) => reported.push(error)));
  const heard: string[] = [];
  const listen = (): unknown =>
    states.stream$.subscribe({ next: (state) => heard.push(state), complete: () => heard.push('complete') });
  return { states, reported, heard, listen };
}

describe('the states of a leadership', () => {
  useFakeClock();

  it('are told in order, each once, when the running code is done', async () => {
    const { states, heard, listen } = open();
    listen();
    states.become('following');
    states.become('leading');
    states.become('following');
    expect(heard).toEqual(['following']);
    await flush();
    expect(heard).toEqual(['following', 'leading', 'following']);
  });

  it('end with `stopped`, which late listeners hear as well', async () => {
    const { states, heard, listen } = open();
    states.become('stopped');
    states.become('leading');
    await flush();
    listen();
    expect([heard, states.latest]).toEqual([['stopped', 'complete'], 'stopped']);
  });

  it('reach the other listeners where one of them throws', async () => {
    const { states, heard, listen, reported } = open();
    const error = new Error('a bad listener');
    states.stream$.subscribe(() => {
      throw error;
    });
    listen();
    states.become('leading');
    await flush();
    expect([heard, reported]).toEqual([
      ['following', 'leading'],
      [error, error],
    ]);
  });
});
