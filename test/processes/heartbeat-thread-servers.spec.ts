/** `heartbeat: 'worker'` makes its own connection to a cluster, and to a server that Sentinels know. */
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { Program } from '../support/processes/program.js';
import { RedisCluster } from '../support/servers/redis-cluster.js';
import { openSentinel } from '../support/servers/redis-sentinel.js';
import { freshPrefix } from '../support/servers/run-server.js';

const TTL = 600;

/** Takes several keys, blocks for three ttls, and answers how many are held then. */
async function heldAfterBlocking(settings: object): Promise<unknown> {
  const program = await Program.start('computer', { prefix: freshPrefix(), ttl: TTL, ...settings });
  await program.ask('many', 10);
  const held = await program.ask('computeAll', 3 * TTL);
  expect(program.told.filter(({ event }) => event === 'lost' || event === 'warn')).toEqual([]);
  return held;
}

it('a cluster', async () => {
  await using cluster = await RedisCluster.start();
  expect(await heldAfterBlocking({ cluster: cluster.nodes.map(({ port }) => port) })).toBe(10);
});

it('a server that a Sentinel knows', async () => {
  const master = await startRedis();
  try {
    expect(await heldAfterBlocking({ sentinels: [await openSentinel(master, 'main')] })).toBe(10);
  } finally {
    await master.stop();
  }
});
