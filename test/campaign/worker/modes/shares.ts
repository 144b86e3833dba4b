/** Keys that are shared: readers, permits, conversions, locks that are given away; and keys that are kept for a while. */
import { setTimeout as pause } from 'node:timers/promises';
import { acquireLimit, RENEW_LIMIT } from '../../times.js';
import type { Random } from '../../../support/random.js';
import type { Mode } from '../shop.js';
import type { WatchedHold } from '../watch.js';

export const read: Mode = (shop, random) =>
  shop.within('read', shop.key(random), { ...shop.options(random), mode: 'read' }, (hold) => shop.work(hold, random));

export const readByHand: Mode = async (shop, random) => {
  const hold = await shop.acquire('acquire to read', shop.key(random), { ...shop.options(random), mode: 'read' });
  if (!hold) return;
  shop.handy.add(hold);
  await shop.work(hold, random);
  await shop.release(hold);
};

export const permit: Mode = (shop, random) =>
  shop.within('permit', shop.key(random), { ...shop.options(random), ...permitOf(random) }, (hold) =>
    shop.work(hold, random),
  );

export const permitByHand: Mode = async (shop, random) => {
  const hold = await shop.acquire('acquire a permit', shop.key(random), {
    ...shop.options(random),
    ...permitOf(random),
  });
  if (!hold) return;
  await shop.work(hold, random);
  await shop.release(hold);
};

/** A reader that becomes the writer, and perhaps a reader again. */
export const upgraded: Mode = async (shop, random) => {
  let hold: WatchedHold | undefined;
  hold = await shop.acquire('read to upgrade', shop.key(random), { ttl: 700, wait: 1_000, mode: 'read' });
  if (!hold) return;
  await shop.work(hold, random);
  const wait = random.pick([0, 50, 500]);
  hold = await shop.change('upgrade', acquireLimit(wait)!, hold, (lock) => lock.upgrade({ wait }));
  await shop.work(hold, random);
  if (random.chance(0.5)) {
    hold = await shop.change('downgrade', acquireLimit(0)!, hold, (lock) => lock.downgrade());
    await shop.work(hold, random);
  }
  await shop.release(hold);
};

/** Detached, and adopted a little later; some are never adopted, and end by themselves. */
export const moved: Mode = async (shop, random) => {
  const mode = random.pick(['read', 'write'] as const);
  const hold = await shop.acquire('acquire to give away', shop.key(random), { ttl: 700, wait: 1_000, mode });
  if (!hold) return;
  await shop.work(hold, random);
  const text = await shop.calls.make('detach', RENEW_LIMIT, async (call) => {
    hold.end(call, RENEW_LIMIT);
    return hold.lock.detach();
  });
  // What could not be detached is still held.
  if (text === undefined) {
    await shop.calls.make('release', RENEW_LIMIT, () => hold.lock.release());
    return;
  }
  if (random.chance(0.1)) return;
  await pause(random.chance(0.1) ? random.between(500, 1_000) : random.between(0, 50));
  const adopted = await shop.calls.make('adopt', RENEW_LIMIT, async (call) =>
    shop.watch.begin(call, await shop.locks.adopt(text), { continues: true }),
  );
  if (!adopted) return;
  await shop.work(adopted, random);
  await shop.release(adopted);
};

export const severalShared: Mode = async (shop, random) => {
  const keys = [...new Set([shop.key(random), shop.key(random)])];
  const options = { ...shop.options(random), mode: random.pick(['read', 'write'] as const) };
  await shop.within('several shared keys', keys, options, (hold) => shop.work(hold, random));
};

export const kept: Mode = (shop, random) =>
  shop.within('minHold', shop.key(random), { ttl: 300, wait: 1_000, minHold: random.pick([20, 400]) }, (hold) =>
    shop.work(hold, random),
  );

export const delayed: Mode = (shop, random) =>
  shop.within(
    'lockDelay',
    shop.key(random),
    { ttl: 200, wait: 1_000, lockDelay: 150, autoRenew: false },
    async (hold) => {
      await pause(random.between(0, 250));
      hold.look();
    },
  );

function permitOf(random: Random): { concurrency: number; weight: number } {
  const concurrency = random.pick([2, 3, 5]);
  return { concurrency, weight: random.chance(0.3) ? 2 : 1 };
}
