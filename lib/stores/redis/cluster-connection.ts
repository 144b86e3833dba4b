/**
 * A cluster of the user's as a template. By itself ioredis queues commands while a server is away, and sends
 * them when their callers have had an error long ago. Here it has to answer at once, and the library decides
 * whether to ask again.
 */
import type { RedisOptions } from 'ioredis';
import { followCredentials, secretsOf } from './credentials.js';
import type { OpenedClient, RedisClient, ScanningClient } from './redis-client.js';
import { keyPrefixOf } from './redis-keys.js';

interface ClusterClient extends RedisClient {
  readonly options: { readonly redisOptions?: RedisOptions | undefined };
  readonly startupNodes?: unknown;
  /** Servers by slot, the master first, as `host:port`. */
  readonly slots?: readonly (readonly string[] | undefined)[];
  nodes(role: 'all' | 'master'): NodeClient[];
  duplicate(nodes: readonly unknown[], overrides: object): ClusterClient;
  refreshSlotsCache?(): void;
}

interface NodeClient extends RedisClient, ScanningClient {
  readonly options: RedisOptions;
  asking?(...args: unknown[]): Promise<unknown>;
  duplicate(overrides: object): RedisClient;
}

const CLUSTER_OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: true,
  scaleReads: 'master',
  enableAutoPipelining: false,
  shardedSubscribers: false,
  scripts: undefined,
  himportFieldsets: undefined,
  clusterNodeRetryStrategy: null,
  maxRedirections: 16,
  // A command without a connection, or without a server for its slot, fails at once.
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  retryDelayOnMoved: 0,
  retryDelayOnTryAgain: 50,
};

/** @param own - options of every connection, its `retryStrategy` that of the cluster. */
export function openCluster(connection: RedisClient, { retryStrategy, ...own }: RedisOptions): OpenedClient {
  const template = connection as unknown as ClusterClient;
  const redisOptions = { ...template.options.redisOptions, ...own };
  const startupNodes = Array.isArray(template.startupNodes) ? template.startupNodes.map(withOptions(own)) : [];
  const overrides = { ...CLUSTER_OPTIONS, clusterRetryStrategy: retryStrategy, redisOptions };
  const client = template.duplicate(startupNodes, overrides);
  client.on('+node', (node) => prepareNode(node as NodeClient, redisOptions, template));
  return {
    client,
    isCluster: true,
    openSubscriber: () => subscriberOf(client),
    secrets: () => [...secretsOf(client), ...secretsOf(template)],
    masters: () => client.nodes('master'),
    knowsAllMasters: () => knowsAllMasters(client),
    keyPrefix: () => keyPrefixOf(client),
    refresh: () => client.refreshSlotsCache?.(),
  };
}

/** Slots that no server has ever had hold no keys. */
function knowsAllMasters(client: ClusterClient): boolean {
  const known = new Set(
    client.nodes('master').map(({ options: { host = '127.0.0.1', port = 6379 } }) => `${host}:${port}`),
  );
  const needed = new Set(client.slots?.flatMap((servers) => servers?.[0] ?? []));
  return [...needed].every((master) => known.has(master));
}

/** Options of a single server win over those of all servers, so the library's are written there as well. */
function withOptions(own: object): (node: unknown) => unknown {
  return (node) => (typeof node === 'object' && node !== null ? { ...node, ...own } : node);
}

/** Before the first command goes to a server. */
function prepareNode(node: NodeClient, redisOptions: RedisOptions, template: ClusterClient): void {
  // A server that has a password of its own keeps it.
  if (node.options.password === redisOptions.password) {
    followCredentials(node, () => template.options.redisOptions ?? {});
  }
  // When the connection breaks at an ASK redirect, ioredis leaves the rejection of this command unhandled.
  const asking = node.asking?.bind(node);
  if (asking) {
    node.asking = (...args) => {
      const answer = asking(...args);
      answer.catch(() => undefined);
      return answer;
    };
  }
}

/**
 * A subscription at any server will do: messages reach the subscribers of all of them. Its connection is not made again
 * when it breaks: by then another server may be the better choice.
 */
function subscriberOf(client: ClusterClient): RedisClient {
  const nodes = client.nodes('all');
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (!node) throw new Error('The cluster has no server to subscribe at.');
  return node.duplicate({ lazyConnect: true, enableOfflineQueue: false, readOnly: false, retryStrategy: null });
}
