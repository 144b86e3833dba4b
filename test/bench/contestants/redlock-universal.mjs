/**
 * `redlock-universal` in its standard mode. A lock object of its checks the health of the server (a `PING`) on first
 * use; the objects are kept per key here, so that this is not paid for every section.
 */
import { connect } from '../client.mjs';
import { RETRY_MS, TTL_MS, WAIT_MS } from '../settings.mjs';
import { versionOf } from '../versions.mjs';

export const redlockUniversal = {
  id: 'redlock-universal',
  name: 'redlock-universal using()',
  version: () => versionOf('redlock-universal'),
  options: `retryDelay ${RETRY_MS} ms, one lock object per key`,
  async setup(url, { ttl = TTL_MS } = {}) {
    const { IoredisAdapter, createLock } = await import('redlock-universal');
    const client = await connect(url);
    const adapter = new IoredisAdapter(client);
    const options = { adapter, ttl, retryDelay: RETRY_MS, retryAttempts: WAIT_MS / RETRY_MS };
    const locks = new Map();
    const lockFor = (key) => {
      if (!locks.has(key)) locks.set(key, createLock({ ...options, key: `universal:${key}` }));
      return locks.get(key);
    };
    return {
      run: (key, section) => lockFor(key).using(section),
      close: () => client.quit(),
    };
  },
};
