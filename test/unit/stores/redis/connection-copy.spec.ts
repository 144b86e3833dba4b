/** Which connections another thread can make as well. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import type { RedisConnection } from '../../../../lib/stores/redis/redis-client.js';
import { connectionOf, copyConnection } from '../../../../lib/stores/redis/connection-copy.js';

const clients: { disconnect(): void }[] = [];
const kept = <Client extends { disconnect(): void }>(client: Client): Client => {
  clients.push(client);
  return client;
};
afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

const lazy = { lazyConnect: true };

function copied(connection: unknown): object {
  const outcome = copyConnection(connection as RedisConnection);
  if (!('copy' in outcome)) throw new Error(`no copy for ${outcome.hindrance}`);
  return structuredClone(outcome.copy);
}

describe('a copy of a connection', () => {
  it.each([
    [
      'a URL',
      'rediss://me:secret@example.org:7000/3',
      { host: 'example.org', port: 7_000, db: 3, password: 'secret', tls: {} },
    ],
    ['options', { host: 'a', tls: { ca: 'x' }, retryStrategy: () => 1 }, { host: 'a', tls: { ca: 'x' } }],
    ['Sentinels', { sentinels: [{ host: 'a' }], name: 'main' }, { sentinels: [{ host: 'a' }], name: 'main' }],
  ])('has what %s says of where to go', (_, connection, options) => {
    expect(copied(connection)).toMatchObject({ options });
    expect(JSON.stringify(copied(connection))).not.toContain('retryStrategy');
  });

  it('is made of a client, as its options are now', () => {
    const client = kept(new Redis(6_380, 'example.org', { ...lazy, password: 'old', keyPrefix: 'app:' }));
    client.options.password = 'new';
    expect(copied(client)).toMatchObject({
      options: { host: 'example.org', port: 6_380, password: 'new', keyPrefix: 'app:' },
    });
  });

  it('is made of a cluster, and becomes one again', () => {
    const nodes = [{ host: 'a', port: 7_000 }, 'redis://b:7001'];
    const options = { ...lazy, keyPrefix: 'app:', redisOptions: { password: 'secret', tls: {} } };
    const copy = copied(kept(new Cluster(nodes, options)));
    expect(copy).toEqual({
      nodes,
      options: expect.objectContaining({ redisOptions: { password: 'secret', tls: {} } }),
    });
    const cluster = kept(connectionOf(copy as never) as unknown as Cluster);
    expect([cluster.isCluster, cluster.status, cluster.options.keyPrefix]).toEqual([true, 'wait', 'app:']);
    expect(cluster.options.redisOptions).toEqual({ password: 'secret', tls: {} });
  });

  it.each([
    ['tls', { host: 'a', tls: { checkServerIdentity: () => undefined } }],
    ['Connector', { Connector: class {} }],
    ['natMap', { host: 'a', natMap: () => null }],
    ['options', { status: 'ready', ...methods() }],
  ])("can't be had where a function is needed: %s", (hindrance, connection) => {
    expect(copyConnection(connection as never)).toEqual({ hindrance });
  });

  it("can't be had of a cluster that looks up names by itself", () => {
    const dnsLookup = (address: string, callback: (error: null, address: string) => void) => callback(null, address);
    expect(copyConnection(kept(new Cluster([{ host: 'a' }], { ...lazy, dnsLookup })) as never)).toEqual({
      hindrance: 'dnsLookup',
    });
  });
});

function methods(): object {
  const names = ['evalsha', 'eval', 'subscribe', 'connect', 'disconnect', 'duplicate', 'on', 'off'];
  return Object.fromEntries(names.map((name) => [name, () => undefined]));
}
