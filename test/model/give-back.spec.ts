/** A key must not stay locked for nobody until its lease ends: random schedules hardly tell that from bad luck. */
import { acquire, next, pass, schedule } from '../support/model/builders.js';
import { play } from '../support/model/scene.js';

describe('a key is given back', () => {
  it('when it was asked for behind the back of a caller who had left', async () => {
    const steps = [next(0, 'acquire', { requestDelay: 900 }), acquire(0, { ttl: 5_000, cancelAfter: 3 }), pass(1_000)];
    const { processes, ...rest } = schedule(...steps);
    const outOfOrder = processes.map((plan) => ({ ...plan, inOrder: false }));
    expect(await play({ processes: outOfOrder, ...rest }, 'nothing')).toEqual([]);
  });

  it('when its release was refused at first', async () => {
    const steps = [
      next(0, 'release', { request: 'refused' }),
      acquire(0, { ttl: 5_000, hold: 1 }),
      pass(10),
      acquire(1),
      pass(4_000),
    ];
    expect(await play(schedule(...steps), 'deafness')).toEqual([]);
  });
});
