/** A cluster of three servers of the test file's own, and clients that see it directly or through proxies. */
import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions } from 'ioredis';
import { startRedis } from '../../support/redis-server.mjs';
import type { RedisServer } from '../../support/redis-server.mjs';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { atEnd } from './cleanup.js';
import { until } from './waiting.js';

const SLOTS = 16_384;

/** Three servers that share the slots among them. */
export class RedisCluster implements AsyncDisposable {
  private constructor(readonly nodes: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const args = [
      '--cluster-enabled',
      'yes',
      '--cluster-node-timeout',
      '5000',
      '--cluster-require-full-coverage',
      'no',
    ];
    const nodes = await Promise.all([1, 2, 3].map(() => startRedis({ args })));
    const clients = nodes.map(({ url }) => new Redis(url));
    const share = Math.ceil(SLOTS / nodes.length);
    await Promise.all(
      clients.map(async (client, i) => {
        const last = Math.min((i + 1) * share, SLOTS) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, last);
        await client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port);
      }),
    );
    const isWhole = async (client: Redis): Promise<boolean> => {
      const info = String(await client.call('CLUSTER', 'INFO'));
      return /cluster_state:ok/.test(info) && info.includes(`cluster_slots_ok:${SLOTS}`) && /known_nodes:3/.test(info);
    };
    await until(async () => (await Promise.all(clients.map(isWhole))).every(Boolean), 20_000);
    for (const client of clients) client.disconnect();
    return new RedisCluster(nodes);
  }

  /** A client of the test's own. With proxies every connection goes through the one of its node. */
  client(proxies: readonly TcpProxy[] = [], options: ClusterOptions = {}): Cluster {
    const natMap = Object.fromEntries(
      proxies.map(({ port }, i) => [`127.0.0.1:${this.nodes[i]!.port}`, { host: '127.0.0.1', port }]),
    );
    const startup = (proxies.length > 0 ? proxies : this.nodes).map(({ port }) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(startup, {
      ...(proxies.length > 0 && { natMap }),
      redisOptions: { disconnectTimeout: 10 },
      ...options,
    } as object);
    client.on('error', () => undefined);
    atEnd(() => client.disconnect());
    return client;
  }

  /** A proxy in front of each server, in the order of {@link nodes}. */
  async proxies(): Promise<TcpProxy[]> {
    const proxies = await Promise.all(this.nodes.map((node) => TcpProxy.start(node.url)));
    for (const proxy of proxies) atEnd(() => proxy.stop());
    return proxies;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
