import { jest } from '@jest/globals';
import { anyAnswers } from '../../../../lib/stores/redis/any-answers.js';
import { advance, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { outcomeOf } from '../../../support/fakes/locks.js';

/** A server that does with a question what is said. */
const server = (evalsha: () => Promise<unknown>) => ({ evalsha, scan: async () => [] });
const refusal = Object.assign(new Error('NOSCRIPT No matching script.'), { name: 'ReplyError' });
const hangs = server(() => new Promise(() => undefined));
const refuses = server(async () => Promise.reject(refusal));
const isGone = server(async () => Promise.reject(new Error('Connection is closed.')));

describe('servers of which one is to answer', () => {
  useFakeClock();

  it.each([
    ['the first hangs', [hangs, hangs, refuses]],
    ['the first is gone', [isGone, refuses]],
    ['all answer', [refuses, server(async () => 1)]],
  ])('answer though %s', async (_, servers) => {
    expect(await anyAnswers(servers, 5_000)).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not where all are gone, or there is none', async () => {
    expect(await anyAnswers([isGone, isGone], 5_000)).toBe(false);
    expect(await anyAnswers([], 5_000)).toBe(false);
    const down = server(async () => Promise.reject(new Error('CLUSTERDOWN The cluster is down')));
    expect(await anyAnswers([down, isGone], 5_000)).toBe(false);
  });

  it('do not where all hang, when the time is over', async () => {
    const asked = outcomeOf(anyAnswers([hangs, hangs], 5_000));
    await advance(4_999);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked).toEqual({ state: 'resolved', value: false });
  });
});
