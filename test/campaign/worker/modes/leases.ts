/** Leases that are renewed by hand, or not at all, or that sections overrun. */
import { setTimeout as pause } from 'node:timers/promises';
import { RENEW_LIMIT } from '../../times.js';
import { block } from '../shop.js';
import type { Mode } from '../shop.js';

/** Shorter, longer, several at once. */
export const renewed: Mode = async (shop, random) => {
  const hold = await shop.acquire('acquire and renew', shop.key(random), shop.options(random));
  if (!hold) return;
  const renewals: Promise<unknown>[] = [];
  for (let i = random.between(1, 4); i > 0; i--) {
    const ttl = shop.newTtl(random);
    renewals.push(shop.calls.make('renew', RENEW_LIMIT, () => hold.lock.renew(ttl)));
    if (random.chance(0.7)) await pause(random.between(0, 60));
    hold.look();
  }
  if (random.chance(0.8)) await Promise.all(renewals);
  for (let i = random.chance(0.2) ? random.between(1, 40) : 0; i > 0; i--) {
    await pause(25);
    if (!hold.look()) break;
  }
  await shop.release(hold);
};

export const maxHold: Mode = (shop, random) =>
  shop.within('maxHold', shop.key(random), { ttl: 200, wait: 1_000, maxHold: 100 }, async (hold) => {
    await pause(random.between(50, 600));
    hold.look();
  });

export const lapsing: Mode = (shop, random) =>
  shop.within('autoRenew: false', shop.key(random), { ttl: 150, wait: 1_000, autoRenew: false }, async (hold) => {
    await pause(random.between(20, 350));
    hold.look();
  });

export const blocking: Mode = (shop, random) =>
  shop.within('blocking section', shop.key(random), shop.options(random), async (hold) => {
    block(random.between(20, 350), hold);
  });

/** Grants that arrive together, of which each section keeps the next from beginning. */
export const volley: Mode = (shop, random) => {
  const keys = shop.settings.cold.slice(0, random.between(3, 8));
  const blocks = random.between(20, 60);
  return Promise.all(
    keys.map((key) =>
      shop.within('volley', key, { ttl: 300, wait: 1_500 }, async (hold) => {
        block(blocks, hold);
      }),
    ),
  );
};
