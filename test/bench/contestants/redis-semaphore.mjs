/** `redis-semaphore`: a `Mutex` object for each section, as its documentation shows. It polls, and renews by a timer. */
import { connect } from '../client.mjs';
import { RETRY_MS, TTL_MS, WAIT_MS } from '../settings.mjs';
import { versionOf } from '../versions.mjs';

export const redisSemaphore = {
  id: 'redis-semaphore',
  name: 'redis-semaphore Mutex',
  version: () => versionOf('redis-semaphore'),
  options: `retryInterval ${RETRY_MS} ms (its default)`,
  async setup(url, { ttl = TTL_MS, renewEvery } = {}) {
    const { Mutex } = await import('redis-semaphore');
    const client = await connect(url);
    const options = { lockTimeout: ttl, acquireTimeout: WAIT_MS, retryInterval: RETRY_MS };
    if (renewEvery !== undefined) options.refreshInterval = renewEvery; // by default 0.8 of the ttl
    return {
      async run(key, section) {
        const mutex = new Mutex(client, `semaphore:${key}`, options);
        await mutex.acquire();
        try {
          return await section();
        } finally {
          await mutex.release();
        }
      },
      close: () => client.quit(),
    };
  },
};
