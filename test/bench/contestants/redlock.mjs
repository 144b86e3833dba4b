/** `redlock`, the 5 beta that most install, and 4, the last stable one. Both poll. */
import { connect } from '../client.mjs';
import { RETRY_MS, TTL_MS } from '../settings.mjs';
import { versionOf } from '../versions.mjs';

const SETTINGS = { retryCount: -1, retryDelay: RETRY_MS, retryJitter: RETRY_MS / 2 };
const OPTIONS = `retryDelay ${RETRY_MS} ms, retryJitter ${RETRY_MS / 2} ms, retryCount -1`;

export const redlock5 = {
  id: 'redlock-5',
  name: 'redlock 5 using()',
  version: () => versionOf('redlock'),
  options: OPTIONS,
  setup: using((key) => [`redlock-5:${key}`]),
};

/** Two keys of its own for each key. */
export const redlockPair = {
  ...redlock5,
  id: 'redlock-5-pair',
  name: 'redlock 5 using(), two keys',
  setup: using((key) => [`redlock-5:${key}:1`, `redlock-5:${key}:2`]),
};

export const redlock4 = {
  id: 'redlock-4',
  name: 'redlock 4 lock/unlock',
  version: () => versionOf('redlock-4'),
  options: OPTIONS,
  async setup(url, { ttl = TTL_MS } = {}) {
    const { default: Redlock } = await import('redlock-4');
    const client = await connect(url);
    const redlock = new Redlock([client], SETTINGS);
    return {
      async run(key, section) {
        const lock = await redlock.lock(`redlock-4:${key}`, ttl);
        try {
          return await section();
        } finally {
          await lock.unlock();
        }
      },
      close: () => client.quit(),
    };
  },
};

function using(keysOf) {
  return async (url, { ttl = TTL_MS } = {}) => {
    const { default: Redlock } = await import('redlock');
    const client = await connect(url);
    const redlock = new Redlock([client], SETTINGS);
    return {
      run: (key, section) => redlock.using(keysOf(key), ttl, section),
      close: () => client.quit(),
    };
  };
}
