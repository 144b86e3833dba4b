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

/** Work that a section starts but that is not its own: it waits like any other. */
export const aside: Mode = async (shop, random) => {
  const key = shop.key(random);
  await shop.within('section with work aside', key, { ttl: shop.ttl(random), wait: 1_000 }, async (hold) => {
    const options = { ttl: shop.ttl(random), wait: random.between(1, 300) };
    const taking = shop.locks.outside(() => shop.acquire('acquire outside', key, options));
    void taking.then((taken) => taken && shop.release(taken));
    await shop.work(hold, random);
  });
};

export const several: Mode = async (shop, random) => {
  const keys = [...new Set([shop.key(random), shop.key(random), shop.key(random)])];
  await shop.within('several keys', keys, shop.options(random), (hold) => shop.work(hold, random));
};
