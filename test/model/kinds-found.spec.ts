/** Schedules of locks of every kind in which a promise was broken once, or would be by the slip that one thinks of first. */
import { acquire, next, pass, schedule } from '../support/model/builders.js';
import { play } from '../support/model/scene.js';
import type { Step } from '../support/model/steps.js';

const READ = { share: { mode: 'read' } } as const;
const LONG = { hold: undefined, ttl: 1_000 };
/** The last that came. */
const upgrade = (wait: number, caller = 0): Step => ({ do: 'upgrade', caller, wait });

describe('what keeps a key beyond its holder', () => {
  it('the lockDelay of a lease that ended by the clock', async () => {
    const steps = [acquire(0, { ttl: 200, autoRenew: false, lockDelay: 600, hold: 3_000 }), pass(10), acquire(1)];
    expect(await play(schedule(...steps, pass(4_000)), 'nothing')).toEqual([]);
  });

  it('the lockDelay of a holder that was killed', async () => {
    const steps: Step[] = [
      acquire(0, { ttl: 200, lockDelay: 2_000, hold: undefined }),
      pass(100),
      acquire(1),
      { do: 'crash', process: 0 },
      pass(4_000),
    ];
    expect(await play(schedule(...steps), 'deafness')).toEqual([]);
  });

  it.each([
    ['was released', 1],
    ['was killed', undefined],
  ])('the minHold of a lock that %s', async (_, hold) => {
    const steps: Step[] = [acquire(0, { ttl: 200, minHold: 3_000, hold }), pass(300), acquire(1)];
    const crash: Step = { do: 'crash', process: 0 };
    expect(await play(schedule(...steps, crash, pass(4_000)), 'deafness')).toEqual([]);
  });
});

describe('an upgrade', () => {
  it('that was waited for in vain leaves no wish behind', async () => {
    const readers = [acquire(0, { ...READ, ...LONG }), acquire(1, { ...READ, ...LONG }), pass(10)];
    const others = [acquire(2, { ...READ, hold: 5 }), pass(2_500)];
    expect(await play(schedule(...readers, upgrade(300), pass(1_000), ...others), 'nothing')).toEqual([]);
  });

  it('of one reader of a process waits for the others of the same lease', async () => {
    const readers = [acquire(0, { ...READ, ttl: 1_000, hold: 400 }), acquire(0, { ...READ, ...LONG }), pass(10)];
    expect(await play(schedule(...readers, upgrade(2_000), pass(2_500)), 'nothing')).toEqual([]);
  });

  it('whose answer does not come is either granted or withdrawn', async () => {
    const readers = [acquire(0, { ...READ, ...LONG, ttl: 5_000 }), pass(10)];
    const lost = next(0, 'convert', { answer: 'lost' });
    const others = [acquire(1, { ...READ, hold: 5 }), pass(4_000)];
    expect(await play(schedule(...readers, lost, upgrade(300), pass(30), ...others), 'anything')).toEqual([]);
  });

  it('and another of the same key do not wait for each other', async () => {
    const readers = [acquire(0, { ...READ, ...LONG }), acquire(1, { ...READ, ...LONG }), pass(10)];
    const steps = [upgrade(Infinity), pass(10), upgrade(Infinity, 1), pass(30), { do: 'release', caller: 1 } as const];
    expect(await play(schedule(...readers, ...steps, pass(1_000)), 'nothing')).toEqual([]);
  });
});

describe('a writer', () => {
  it('comes in though readers of another process come and go', async () => {
    const readers = Array.from({ length: 60 }, () => [acquire(0, { ...READ, hold: 40 }), pass(10)]).flat();
    const steps = [...readers.slice(0, 20), acquire(1, { wait: 300 }), ...readers.slice(20)];
    expect(await play(schedule(...steps), 'nothing')).toEqual([]);
  });
});
