import { jest } from '@jest/globals';
import { hedged } from '../../../../lib/stores/redis/hedged-request.js';
import { advance, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { outcomeOf } from '../../../support/fakes/locks.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('a request that any server can answer', () => {
  useFakeClock();

  it('is sent once where it is answered at once', async () => {
    const send = jest.fn(async () => 'answer');
    expect(await hedged(send, 5_000)).toBe('answer');
    await advance(5_000);
    expect(send).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is sent again while a server hangs, and the first answer counts', async () => {
    const send = jest.fn<() => Promise<string>>().mockImplementationOnce(never).mockImplementationOnce(never);
    send.mockResolvedValue('third');
    const asked = outcomeOf(hedged(send, 5_000));
    await advance(399);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked).toEqual({ state: 'resolved', value: 'third' });
    await advance(5_000);
    expect(send).toHaveBeenCalledTimes(3);
  });

  it('is sent to the next at once where one refuses, and rejects as the last of all', async () => {
    let count = 0;
    const send = jest.fn(async () => Promise.reject(new Error(String((count += 1)))));
    await expect(hedged(send, 5_000)).rejects.toThrow('5');
    expect(send).toHaveBeenCalledTimes(5);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is sent no more often than there is time for', async () => {
    const send = jest.fn(never);
    void hedged(send, 500);
    await advance(10_000);
    expect(send).toHaveBeenCalledTimes(5);
    expect(jest.getTimerCount()).toBe(0);
  });
});
