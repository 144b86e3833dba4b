/** Who takes keys: a caller of one key gets a handle, a caller of several a part for each of which one handle is made. */
import { describe, expect, it } from '@jest/globals';
import { PartCaller, SingleCaller } from '../../../lib/core/callers.js';
import { LockHandle } from '../../../lib/core/lock-handle.js';
import { Holder } from '../../../lib/core/lease/holder.js';
import type { Waiter } from '../../../lib/core/queue/waiter.js';
import { DEFAULT_SETTINGS } from '../../../lib/core/settings.js';
import { useFakeClock } from '../../support/fakes/fake-clock.js';
import { grant, now } from '../../support/fakes/leases.js';

/** What a caller of this kind gets when it succeeds. */
async function outcomeFor(kind: typeof SingleCaller | typeof PartCaller) {
  const holder = new Holder(grant(), 0, { settings: DEFAULT_SETTINGS, id: 1, askedAt: now() }, now(), 'free');
  const outcome = await new Promise<unknown>((resolve) => {
    const request = { key: 'key', settings: DEFAULT_SETTINGS, askedAt: now(), id: 1, signal: undefined };
    const caller: Waiter = new kind(request, resolve);
    caller.succeed(holder);
  });
  return { holder, outcome };
}

describe('a caller', () => {
  useFakeClock();

  it('of one key gets a handle of its holder', async () => {
    const { holder, outcome } = await outcomeFor(SingleCaller);
    expect(LockHandle.isOne(outcome)).toBe(true);
    expect((outcome as LockHandle).holderOf('key')).toBe(holder);
  });

  it('of several keys gets the holder of each', async () => {
    const { holder, outcome } = await outcomeFor(PartCaller);
    expect(outcome).toEqual({ holder });
    expect((outcome as { holder: Holder }).holder).toBe(holder);
  });
});
