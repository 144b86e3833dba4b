/** Clients of a test's own, for a look and a word past the library; closed at the end of the test. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { atEnd } from '../at-end.js';
import { redisAddress } from './run-server.js';
import type { ClientOptions } from './run-server.js';

/** A client of the server of the run. */
export function ownClient(options: ClientOptions = {}): Redis {
  return closedAtEnd(new Redis({ ...redisAddress(), ...options }));
}

/** A client of a server that may come and go. */
export function openClient({ url }: { readonly url: string }): Redis {
  const client = new Redis(url, { retryStrategy: () => 20, disconnectTimeout: 10 });
  client.on('error', () => undefined);
  return closedAtEnd(client);
}

/** A name by which {@link connectionsNamed} finds connections again. */
export function freshConnectionName(): string {
  return `spec-${randomUUID()}`;
}

/** How many connections of this name the server has. */
export async function connectionsNamed(name: string, client: Redis): Promise<number> {
  const list = String(await client.call('CLIENT', 'LIST'));
  return list.split('\n').filter((line) => line.includes(` name=${name} `)).length;
}

function closedAtEnd(client: Redis): Redis {
  atEnd(() => client.disconnect());
  return client;
}
