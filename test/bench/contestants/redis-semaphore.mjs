/**
 * `redis-semaphore`: a `Mutex` or a `Semaphore` object for each section, as its documentation shows. It polls, and renews
 * by a timer.
 */
import { connect } from '../client.mjs';
import { BEST_RETRY_MS, PERMITS, RETRY_MS, TTL_MS, WAIT_MS } from '../settings.mjs';
import { versionOf } from '../versions.mjs';

const common = { version: () => versionOf('redis-semaphore') };

export const redisSemaphore = {
  ...common,
  id: 'redis-semaphore',
  name: 'redis-semaphore Mutex',
  options: `retryInterval ${RETRY_MS} ms (its default)`,
  setup: (url, settings) =>
    open(url, settings, ({ Mutex }, client, key, options) => new Mutex(client, `semaphore:${key}`, options)),
};

export const semaphore = {
  ...common,
  id: 'semaphore',
  name: 'redis-semaphore Semaphore',
  options: redisSemaphore.options,
  places: PERMITS,
  setup: (url, settings) => open(url, settings, newSemaphore),
};

/** Polls as often as serves it best here, and without the timer that renews. */
export const semaphoreAtItsBest = {
  ...semaphore,
  id: 'semaphore-best',
  name: 'Semaphore, its best settings',
  options: `retryInterval ${BEST_RETRY_MS} ms, refreshInterval 0`,
  setup: (url, settings) =>
    open(url, { ...settings, renewEvery: 0 }, (module, client, key, options) =>
      newSemaphore(module, client, key, { ...options, retryInterval: BEST_RETRY_MS }),
    ),
};

const newSemaphore = ({ Semaphore }, client, key, options) => new Semaphore(client, key, PERMITS, options);

async function open(url, { ttl = TTL_MS, renewEvery } = {}, create) {
  const module = await import('redis-semaphore');
  const client = await connect(url);
  const options = { lockTimeout: ttl, acquireTimeout: WAIT_MS, retryInterval: RETRY_MS };
  if (renewEvery !== undefined) options.refreshInterval = renewEvery; // by default 0.8 of the ttl
  return {
    async run(key, section) {
      const lock = create(module, client, key, options);
      await lock.acquire();
      try {
        return await section();
      } finally {
        await lock.release();
      }
    },
    close: () => client.quit(),
  };
}
