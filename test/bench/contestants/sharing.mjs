/** This library where several have a key at once, or one caller has several keys. */
import { PERMITS } from '../settings.mjs';
import { acquiring, common, onRedis } from './library.mjs';

const shared = { ...common, shares: true };

export const readWrite = {
  ...shared,
  id: 'read-write',
  name: 'this library, read and write',
  setup: onRedis(byMode),
};

/** Each reader has a lease of its own. */
export const readFair = {
  ...shared,
  id: 'read-fair',
  name: 'this library, read and write, fair',
  options: 'all defaults, fair: true',
  setup: onRedis(byMode, { fair: true }),
};

export const permits = {
  ...shared,
  id: 'permits',
  name: `this library, concurrency: ${PERMITS}`,
  places: PERMITS,
  setup: onRedis(byPermit),
};

export const permitsFair = {
  ...permits,
  id: 'permits-fair',
  name: `concurrency: ${PERMITS}, fair`,
  options: readFair.options,
  setup: onRedis(byPermit, { fair: true }),
};

/** Two keys of its own for each key, in one call. */
export const together = {
  ...common,
  id: 'together',
  name: 'this library, two keys at once',
  setup: onRedis(({ LockService }) => ({
    prefix: 'together:',
    runner: (app, prefix) => acquiring(app.get(LockService), (key) => [`${prefix}${key}:1`, `${prefix}${key}:2`]),
  })),
};

/** The same in two calls, one after the other. */
export const inTurn = {
  ...common,
  id: 'in-turn',
  name: 'this library, one after the other',
  setup: onRedis(({ LockService }) => ({
    prefix: 'in-turn:',
    runner(app, prefix) {
      const locks = app.get(LockService);
      const first = acquiring(locks, (key) => `${prefix}${key}:1`);
      const second = acquiring(locks, (key) => `${prefix}${key}:2`);
      return (key, section) => first(key, () => second(key, section));
    },
  })),
};

/** `run` writes, `read` reads. */
function byMode({ LockService }, { fair = false }) {
  const way = (mode) => (app, prefix) => acquiring(app.get(LockService), (key) => prefix + key, { mode });
  return { prefix: fair ? 'read-fair:' : 'read-write:', runner: way('write'), reader: way('read') };
}

function byPermit({ LockService }, { fair = false }) {
  return {
    prefix: fair ? 'permits-fair:' : 'permits:',
    runner: (app, prefix) => acquiring(app.get(LockService), (key) => prefix + key, { concurrency: PERMITS }),
  };
}
