/** Taking a key, waiting for it or not, and giving it back. */
import { setTimeout as pause } from 'node:timers/promises';
import { acquireLimit } from '../../times.js';
import { OwnError } from '../calls.js';
import type { Mode } from '../shop.js';

export const withLock: Mode = (shop, random) =>
  shop.within('withLock', shop.key(random), shop.options(random), (hold) => shop.work(hold, random));

export const byHand: Mode = async (shop, random) => {
  const hold = await shop.acquire('acquire', shop.key(random), shop.options(random));
  if (!hold) return;
  shop.handy.add(hold);
  await shop.work(hold, random);
  await shop.release(hold);
};

export const once: Mode = async (shop, random) => {
  const key = shop.key(random);
  await shop.calls.make('tryAcquire', acquireLimit(0), async (call) => {
    const lock = await shop.locks.tryAcquire(key, { ttl: shop.ttl(random) });
    if (!lock) return;
    const hold = shop.watch.begin(call, lock);
    await shop.work(hold, random);
    await shop.release(hold);
  });
};

export const atOnce: Mode = (shop, random) =>
  shop.within('wait: 0', shop.key(random), { ttl: shop.ttl(random), wait: 0 }, (hold) => shop.work(hold, random));

export const impatient: Mode = async (shop, random) => {
  const options = { ...shop.options(random), wait: random.between(1, 60) };
  const hold = await shop.acquire('short wait', shop.key(random), options);
  if (hold) await shop.release(hold);
};

export const cancelled: Mode = async (shop, random) => {
  const options = { ...shop.options(random), wait: Infinity };
  const key = shop.key(random);
  let asked: number | undefined;
  const waiting = shop.calls.make('cancelled wait', null, async (call) => {
    asked = call;
    const lock = await shop.locks.acquire(key, { ...options, signal: shop.calls.signalOf(call) });
    return shop.watch.begin(call, lock);
  });
  await pause(random.chance(0.7) ? random.between(0, 80) : random.between(100, 1_500));
  shop.calls.cancel(asked!);
  const hold = await waiting;
  if (hold) await shop.release(hold);
};

/** A section that fails: its own error comes out, whatever becomes of its lock. */
export const failing: Mode = async (shop, random) => {
  const own = new OwnError();
  await shop.calls.make('failing section', acquireLimit(1_000), async (call) => {
    try {
      await shop.locks.withLock(shop.key(random), { ttl: shop.ttl(random), wait: 1_000 }, (lock) =>
        shop.section(call, lock, async (hold) => {
          await shop.work(hold, random);
          throw own;
        }),
      );
    } catch (error) {
      if (error instanceof OwnError && error !== own) throw new Error('the error of another section', { cause: error });
      throw error;
    }
  });
};
