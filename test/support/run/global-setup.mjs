/**
 * One throw-away Redis server for the whole run, at `process.env.REDIS_URL`; a server named there by the user is taken
 * instead. Specs share it, so each uses key names of its own and none flushes it; those that stop or restart a server
 * start one for themselves.
 */
import { ensureRedisServer, startRedis } from '../../../sample-app/redis/redis-server.mjs';

export default async function setup() {
  if (process.env.REDIS_URL) {
    const withoutBinary = (error) => process.stderr.write(`Specs that restart a server will fail: ${error.message}\n`);
    await ensureRedisServer().catch(withoutBinary);
    return;
  }
  const server = await startRedis();
  process.env.REDIS_URL = server.url;
  globalThis.throwAwayRedis = server; // for global-teardown.mjs, which runs in the same process
}
