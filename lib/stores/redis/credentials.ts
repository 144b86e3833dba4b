/** Passwords: where they come from each time a connection is made, and what has to be hidden of them. */
import type { RedisClient } from './redis-client.js';

const CREDENTIALS = ['username', 'password', 'sentinelUsername', 'sentinelPassword'] as const;

type Credentials = Partial<Record<(typeof CREDENTIALS)[number], unknown>>;

interface Configured {
  readonly options?: Credentials & { readonly redisOptions?: Credentials | undefined };
  readonly startupNodes?: unknown;
}

/**
 * Makes a client read its credentials whenever it connects: an application that is given new ones from time to time
 * (IAM) writes them to the options of its own client.
 */
export function followCredentials<Client extends object>(client: Client, source: () => Credentials): Client {
  const { options } = client as Configured;
  if (!options) return client;
  for (const name of CREDENTIALS) {
    if (!(name in options) && !(name in source())) continue;
    Object.defineProperty(options, name, { get: () => source()[name], enumerable: true, configurable: true });
  }
  return client;
}

/** The words that no message may show. */
export function secretsOf(client: RedisClient | object): string[] {
  const { options, startupNodes } = client as Configured;
  const nodes: readonly unknown[] = Array.isArray(startupNodes) ? startupNodes : [];
  const places = [options, options?.redisOptions, ...nodes].filter((place) => typeof place === 'object');
  const words = places.flatMap((place) => CREDENTIALS.map((name) => (place as Credentials | null)?.[name]));
  // The user name `default` is no secret.
  return words.filter((word): word is string => typeof word === 'string' && word !== '' && word !== 'default');
}
