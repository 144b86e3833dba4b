/** One signal for the loss of any of several holders, which keeps nothing of those that outlive it. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { AnyLoss } from '../../../lib/core/any-loss.js';
import { Holder } from '../../../lib/core/lease/holder.js';
import { DEFAULT_SETTINGS } from '../../../lib/core/settings.js';
import { useFakeClock } from '../../support/fakes/fake-clock.js';
import { grant, now } from '../../support/fakes/leases.js';

/** So many holders, each of which can be lost. */
function hold(count: number) {
  const leases = Array.from({ length: count }, () => grant());
  const holders = leases.map((lease) => {
    const holder = new Holder(lease, 0, { settings: DEFAULT_SETTINGS, id: 1, askedAt: now() }, now(), 'free');
    lease.onLost = (error) => {
      holder.lose(error);
      holder.announce();
    };
    return holder;
  });
  return { holders, lose: (index: number) => leases[index]!.lose(`lost: ${index}`) };
}

describe('a signal for any loss', () => {
  useFakeClock();

  it('aborts with the first loss, and its reason stays that', () => {
    const { holders, lose } = hold(3);
    const { signal } = new AnyLoss(holders);
    expect(signal.aborted).toBe(false);
    lose(1);
    lose(0);
    expect(signal.reason).toBe(holders[1]!.lossError);
  });

  it('is aborted from the beginning where one is lost already', () => {
    const { holders, lose } = hold(2);
    lose(1);
    expect(new AnyLoss(holders).signal.reason).toBe(holders[1]!.lossError);
  });

  it('listens to no holder after its end', () => {
    const { holders, lose } = hold(2);
    const any = new AnyLoss(holders);
    any.end();
    for (const { signal } of holders) expect(getEventListeners(signal, 'abort')).toEqual([]);
    lose(0);
    expect(any.signal.aborted).toBe(false);
  });
});
