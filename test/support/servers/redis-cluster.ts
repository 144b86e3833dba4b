/** A cluster of three servers of the test file's own, and clients that see it directly or through proxies. */
import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions } from 'ioredis';
import { startRedis } from '../../../sample-app/redis/redis-server.mjs';
import type { RedisServer } from '../../../sample-app/redis/redis-server.mjs';
import { TcpProxy } from '../network/tcp-proxy.js';
import { atEnd } from '../at-end.js';
import { until } from '../waiting.js';

const SLOTS = 16_384;

interface ClusterSetup {
  /** Whether each server has a replica, which takes its place when it dies. */
  readonly withReplicas?: boolean;
  /** After how many milliseconds of silence a server counts as dead. */
  readonly nodeTimeout?: number;
}

/** Three servers that share the slots among them. */
export class RedisCluster implements AsyncDisposable {
  private constructor(
    readonly nodes: readonly RedisServer[],
    /** In the order of {@link nodes}. */
    readonly replicas: readonly RedisServer[],
  ) {}

  static async start({ withReplicas = false, nodeTimeout = 5_000 }: ClusterSetup = {}): Promise<RedisCluster> {
    const args = [
      '--cluster-enabled',
      'yes',
      '--cluster-node-timeout',
      String(nodeTimeout),
      '--cluster-require-full-coverage',
      'no',
    ];
    const count = withReplicas ? 6 : 3;
    const all = await Promise.all(Array.from({ length: count }, () => startRedis({ args })));
    const [nodes, replicas] = [all.slice(0, 3), all.slice(3)];
    const clients = all.map(({ url }) => new Redis(url));
    const share = Math.ceil(SLOTS / nodes.length);
    await Promise.all(
      clients.map(async (client, i) => {
        if (i >= nodes.length) return client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port);
        const last = Math.min((i + 1) * share, SLOTS) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, last);
        return client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port);
      }),
    );
    const isWhole = async (client: Redis): Promise<boolean> => {
      const info = String(await client.call('CLUSTER', 'INFO'));
      return (
        /cluster_state:ok/.test(info) &&
        info.includes(`cluster_slots_ok:${SLOTS}`) &&
        info.includes(`known_nodes:${count}`)
      );
    };
    await until(async () => (await Promise.all(clients.map(isWhole))).every(Boolean), 20_000);
    await Promise.all(
      replicas.map(async (_, i) => {
        const [client, master] = [clients[nodes.length + i]!, clients[i]!];
        await client.call('CLUSTER', 'REPLICATE', String(await master.call('CLUSTER', 'MYID')));
        await until(async () => /master_link_status:up/.test(await client.info('replication')), 20_000);
      }),
    );
    await hearEachOther(all.map(({ url }) => url));
    for (const client of clients) client.disconnect();
    return new RedisCluster(nodes, replicas);
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
    await Promise.all([...this.nodes, ...this.replicas].map((node) => node.stop()));
  }
}

/**
 * Resolves when what one server publishes is heard at each other one. A cluster calls itself whole before all of its servers
 * have shaken hands, and what is published between two that have not is lost.
 */
async function hearEachOther(urls: readonly string[]): Promise<void> {
  const channel = 'are all there?';
  const [speakers, ears] = [urls.map((url) => new Redis(url)), urls.map((url) => new Redis(url))];
  const heard = ears.map((ear) => {
    const from = new Set<string>();
    ear.on('message', (_channel, speaker: string) => from.add(speaker));
    return from;
  });
  await Promise.all(ears.map((ear) => ear.subscribe(channel)));
  await until(async () => {
    await Promise.all(speakers.map((speaker, i) => speaker.publish(channel, String(i))));
    return heard.every(({ size }) => size === urls.length);
  }, 20_000);
  for (const client of [...speakers, ...ears]) client.disconnect();
}
