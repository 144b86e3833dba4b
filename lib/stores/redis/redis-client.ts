/**
 * What users may pass as `connection`, and what the library makes of it. Types are structural: clients of ioredis 5 and 6,
 * of another copy of ioredis, and clusters are all welcome, which `instanceof` would refuse.
 */
import type { RedisOptions } from 'ioredis';

/** The part of an ioredis `Redis` or `Cluster` that the library uses. */
export interface RedisClient {
  /** ioredis's connection state; requests are only sent while it is `ready`. */
  readonly status: string;
  evalsha(sha1: string, numkeys: number, ...args: string[]): Promise<unknown>;
  eval(script: string, numkeys: number, ...args: string[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  duplicate(...overrides: never[]): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/**
 * A Redis URL, ioredis options (Sentinel included), or an ioredis client of your own (`Redis` or `Cluster`). A client is
 * taken as a template: the library works on duplicates of it, and neither connects, closes nor changes it.
 */
export type RedisConnection = string | RedisOptions | RedisClient;

/** A connection to one server, whose names can be walked through. */
export interface ScanningClient extends Pick<RedisClient, 'evalsha'> {
  scan(cursor: string, ...options: (string | number)[]): Promise<unknown>;
}

/** The connections of one store; all of them are its own to close. */
export interface OpenedClient {
  /** For requests; it does not connect yet. */
  readonly client: RedisClient;
  readonly isCluster: boolean;
  /** Makes the connection that Pub/Sub needs beside it. Throws while a cluster knows none of its servers. */
  openSubscriber(): RedisClient;
  /** Words that no error may show. */
  secrets(): readonly string[];
  /** Connections to the servers that keys lie on. */
  masters(): readonly ScanningClient[];
  /** Whether {@link masters} are all of them: a cluster forgets a server for a while when the connection to it breaks. */
  knowsAllMasters(): boolean;
  /** What ioredis puts in front of every key. */
  keyPrefix(): string;
  /** Makes a cluster look up which server has which slot. */
  refresh(): void;
}
