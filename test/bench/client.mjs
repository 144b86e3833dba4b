/** The one kind of Redis client that every contestant runs on, each with a connection of its own. */
import { Redis } from 'ioredis';

export async function connect(url) {
  const client = new Redis(url, { lazyConnect: true });
  await client.connect();
  return client;
}
