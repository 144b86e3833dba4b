/** Schedules that broke a promise once, cut down to what mattered. */
import { acquire, next, pass, schedule } from '../support/model/builders.js';
import { play } from '../support/model/scene.js';

describe('what went wrong once', () => {
  it('a look out of turn left every later due time of the process unnoticed until its own', async () => {
    const steps = [
      acquire(0, { hold: 1_600 }),
      acquire(1, { ttl: 100, wait: 2_000 }),
      pass(500),
      // Its touch is under way when the grant comes, so that the grant is not believed: it asks again, out of turn.
      next(1, 'touch', { requestDelay: 2_200 }),
      pass(4_000),
    ];
    expect(await play(schedule(...steps), 'connections')).toEqual([]);
  });

  it('waiters whose time became shorter all at once gave up late', async () => {
    const steps = [
      acquire(0, { hold: 4_000 }),
      pass(20),
      // Until the first answer every one of them has a second.
      acquire(1, { wait: 5_000 }),
      acquire(1, { wait: 950 }),
      acquire(1, { wait: 600 }),
      acquire(1, { wait: 40 }),
      acquire(1, { wait: 20 }),
      acquire(1, { wait: 300 }),
      pass(4_000),
    ];
    expect(await play(schedule(...steps), 'nothing')).toEqual([]);
  });

  it('a release that arrived behind the end of the lease was taken for a lock that had been lost', async () => {
    const steps = [
      next(0, 'release', { requestDelay: 900 }),
      acquire(0, { ttl: 100, hold: 1, isSection: true }),
      pass(300),
      acquire(1),
      pass(4_000),
    ];
    expect(await play(schedule(...steps), 'connections')).toEqual([]);
  });

  it('an answer to an older touch let the next caller in before the lease was as he wanted it', async () => {
    const steps = [acquire(0), acquire(1, { ttl: 100 }), acquire(1, { ttl: 500, autoRenew: false }), pass(1_000)];
    expect(await play(schedule(...steps), 'nothing')).toEqual([]);
  });
});
