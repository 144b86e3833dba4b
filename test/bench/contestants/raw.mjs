/**
 * The floor: what one would write by hand, with nothing around it. No renewal, no fencing token, no line; a caller that
 * finds the key taken sleeps and tries again.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { connect } from '../client.mjs';
import { RETRY_MS, TTL_MS } from '../settings.mjs';

const DELETE_IF_MINE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

async function setup(url, { ttl = TTL_MS } = {}) {
  const client = await connect(url);
  const sha = await client.script('LOAD', DELETE_IF_MINE);
  return {
    async run(name, section) {
      const key = `raw:${name}`;
      const token = randomUUID();
      while ((await client.set(key, token, 'PX', ttl, 'NX')) === null) await delay(RETRY_MS);
      try {
        return await section();
      } finally {
        await client.evalsha(sha, 1, key, token);
      }
    },
    close: () => client.quit(),
  };
}

export const raw = {
  id: 'raw',
  name: 'raw SET NX + compare-and-delete',
  options: `polls every ${RETRY_MS} ms`,
  byHand: true,
  floor: true,
  setup,
};

/** The same again: how far its ratio is from 1 is how far any ratio can be trusted in this run. */
export const rawAgain = {
  ...raw,
  id: 'raw-again',
  name: 'raw, a second time',
  options: 'shows the noise of this run',
  floor: false,
};

/** Locks nothing: one round trip to the server, as a measure for others. */
export const ping = {
  id: 'ping',
  name: 'PING, one round trip',
  options: '',
  byHand: true,
  excludesNobody: true,
  async setup(url) {
    const client = await connect(url);
    return {
      async run(_key, section) {
        await client.ping();
        return section();
      },
      close: () => client.quit(),
    };
  },
};
