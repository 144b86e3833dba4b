/**
 * The floor: what one would write by hand, with nothing around it. No renewal, no fencing token, no line; a caller that
 * finds the key taken sleeps and tries again.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { connect } from '../client.mjs';
import { RETRY_MS, TTL_MS } from '../settings.mjs';

const DELETE_IF_MINE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

async function setup(url) {
  const client = await connect(url);
  const sha = await client.script('LOAD', DELETE_IF_MINE);
  return {
    async run(name, section) {
      const key = `raw:${name}`;
      const token = randomUUID();
      while ((await client.set(key, token, 'PX', TTL_MS, 'NX')) === null) await delay(RETRY_MS);
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
  setup,
};

/** The same again: how far its ratio is from 1 is how far any ratio can be trusted in this run. */
export const rawAgain = { ...raw, id: 'raw-again', name: 'raw, a second time', options: 'shows the noise of this run' };
