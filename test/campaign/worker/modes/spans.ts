/** `@Locked` methods: a promise, an Observable, an async generator. */
import { lastValueFrom } from 'rxjs';
import { acquireLimit } from '../../times.js';
import { OwnError } from '../calls.js';
import { SECTION_WAIT } from '../sections.js';
import type { Mode } from '../shop.js';

const LIMIT = acquireLimit(SECTION_WAIT);

export const lockedPromise: Mode = (shop, random) =>
  shop.calls.make('@Locked promise', LIMIT, (call) =>
    shop.sections.promise(shop.key(random), (lock) => shop.section(call, lock, (hold) => shop.work(hold, random))),
  );

export const lockedObservable: Mode = (shop, random) =>
  shop.calls.make('@Locked Observable', LIMIT, (call) =>
    lastValueFrom(
      shop.sections.observable(shop.key(random), (lock) => shop.section(call, lock, (hold) => shop.work(hold, random))),
    ),
  );

export const lockedGenerator: Mode = (shop, random) =>
  shop.calls.make('@Locked generator', LIMIT, async (call) => {
    const values = shop.sections.generator(shop.key(random), (lock) =>
      shop.section(call, lock, (hold) => shop.work(hold, random)),
    );
    // A generator that is not taken to its end has no result that a loss could spoil.
    for await (const _ of values) if (random.chance(0.5)) throw new OwnError();
  });
