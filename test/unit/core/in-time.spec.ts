import { Outside } from '../../../lib/core/context/outside.js';
import { inTime } from '../../../lib/core/in-time.js';
import { advance, lastingTimers, useFakeClock } from '../../support/fakes/fake-clock.js';

const outside = new Outside();

describe('what is waited for no longer than that', () => {
  useFakeClock();

  it('was settled in time, one way or the other, and leaves no timer', async () => {
    expect(await inTime(Promise.resolve(), 100, outside)).toBe(true);
    await expect(inTime(Promise.reject(new Error('no')), 100, outside)).rejects.toThrow('no');
    expect(await lastingTimers()).toBe(0);
  });

  it('was not; what comes later is nobody’s concern', async () => {
    let fail!: (error: Error) => void;
    const late = new Promise<void>((_, reject) => (fail = reject));
    const answer = inTime(late, 100, outside);
    await advance(100);
    expect(await answer).toBe(false);
    fail(new Error('late'));
    await advance(1);
  });
});
