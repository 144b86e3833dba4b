/**
 * The little of an ioredis client that the library uses, without a server: it writes down what it is told to send, and
 * answers when a test says so.
 */
import { EventEmitter } from 'node:events';
import type { OpenedClient, RedisClient } from '../../../lib/stores/redis/redis-client.js';

/** A command that was sent. */
export interface Sent {
  readonly command: 'evalsha' | 'eval' | 'subscribe';
  readonly args: readonly unknown[];
  answer(value: unknown): void;
  fail(error: unknown): void;
}

export class FakeRedis extends EventEmitter implements RedisClient {
  readonly sent: Sent[] = [];
  readonly children: FakeRedis[] = [];
  connects = 0;
  disconnects = 0;
  /** How often it was told to connect anew. */
  replaced = 0;
  /** How often it was told to look which server has which key. */
  refreshes = 0;

  constructor(public status = 'ready') {
    super();
  }

  evalsha(...args: unknown[]): Promise<unknown> {
    return this.send('evalsha', args);
  }

  eval(...args: unknown[]): Promise<unknown> {
    return this.send('eval', args);
  }

  subscribe(...args: unknown[]): Promise<unknown> {
    return this.send('subscribe', args);
  }

  async connect(): Promise<void> {
    this.connects += 1;
    this.status = 'connecting';
  }

  disconnect(reconnect = false): void {
    if (reconnect) {
      this.replaced += 1;
      return;
    }
    this.disconnects += 1;
    this.status = 'end';
  }

  duplicate(): FakeRedis {
    const child = new FakeRedis('ready');
    this.children.push(child);
    return child;
  }

  /** Changes the state of the connection, and says so. */
  become(status: 'ready' | 'close' | 'end' | 'reconnecting'): void {
    this.status = status;
    this.emit(status);
  }

  /** All listeners for all events. */
  get listening(): number {
    return this.eventNames().reduce((count, name) => count + this.listenerCount(name), 0);
  }

  private send(command: Sent['command'], args: unknown[]): Promise<unknown> {
    return new Promise((answer, fail) => this.sent.push({ command, args, answer, fail }));
  }
}

/** The connections of a store. */
export function opened(client: FakeRedis, { isCluster = false, secrets = [] as string[] } = {}): OpenedClient {
  return {
    client,
    isCluster,
    openSubscriber: () => client.duplicate(),
    masters: () => [],
    knowsAllMasters: () => true,
    keyPrefix: () => '',
    secrets: () => secrets,
    refresh: () => (client.refreshes += 1),
  };
}
