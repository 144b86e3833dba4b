/** Locks within locks, and several keys at once. */
import type { Mode } from '../shop.js';

export const reentered: Mode = async (shop, random) => {
  const key = shop.key(random);
  const options = { ttl: shop.ttl(random), wait: 1_000 };
  await shop.within('outer', key, options, async (outer) => {
    await shop.within('inner', key, options, (hold) => shop.work(hold, random), outer);
    const inner = await shop.acquire('inner by hand', key, options, outer);
    if (inner) await shop.release(inner);
    outer.look();
  });
};

/** A lock by hand, made the current one. */
export const run: Mode = async (shop, random) => {
  const key = shop.key(random);
  const options = { ttl: shop.ttl(random), wait: 1_000 };
  const hold = await shop.acquire('acquire and run', key, options);
  if (!hold) return;
  await shop.calls.make('run', null, async () =>
    shop.locks.run(hold.lock, () => shop.within('inside run', key, options, (inner) => shop.work(inner, random), hold)),
  );
  await shop.release(hold);
};

export const several: Mode = async (shop, random) => {
  const keys = [...new Set([shop.key(random), shop.key(random), shop.key(random)])];
  await shop.within('several keys', keys, shop.options(random), (hold) => shop.work(hold, random));
};
