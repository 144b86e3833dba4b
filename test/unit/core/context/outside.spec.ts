/** A place to run code outside of every caller's async context: in that in which it was made, less the locks held there. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { Outside } from '../../../../lib/core/context/outside.js';
import { openLocks } from '../../../support/fakes/locks.js';
import { useFakeClock } from '../../../support/fakes/fake-clock.js';

describe('outside', () => {
  useFakeClock();

  it('is the context in which it was made, whoever runs code there', () => {
    const context = new AsyncLocalStorage<string>();
    const outside = context.run('of the service', () => new Outside());
    const seen = context.run('of a caller', () => outside.run(() => context.getStore()));
    expect([seen, context.getStore()]).toEqual(['of the service', undefined]);
  });

  it('holds no lock, even where it was made in a section and is used in one', async () => {
    const { locks } = openLocks();
    await locks.withLock('key', async () => {
      const outside = new Outside();
      expect(locks.holds('key')).toBe(true);
      expect(outside.run(() => locks.holds('key'))).toBe(false);
      expect(locks.holds('key')).toBe(true);
    });
  });

  it('hands on what the code gives or throws', () => {
    const outside = new Outside();
    const failure = new Error('a bug');
    expect(outside.run(() => 7)).toBe(7);
    const run = (): unknown =>
      outside.run(() => {
        throw failure;
      });
    expect(run).toThrow(failure);
  });
});
