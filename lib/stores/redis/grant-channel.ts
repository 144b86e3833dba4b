/**
 * Where a process hears of its grants: one Pub/Sub channel and one subscription per process, however many keys it waits
 * for. The channel is named after the process id that begins every token, so a script can tell whom to notify from the
 * token alone. A message is only a hint; a waiter that misses one learns by its next heartbeat.
 */
import { WAITER_HEARTBEAT } from '../lock-store.js';
import type { RedisClient } from './redis-connection.js';

/** Goes in front of the process id. */
export const CHANNEL_PREFIX = 'nestjs-distributed-lock:';

/** The subscription of one process. Opened at the first wait: a process that never waits needs no second connection. */
export class GrantChannel {
  private subscriber: RedisClient | null = null;
  private subscribed: Promise<void> | null = null;
  private heard = false;

  constructor(
    private readonly openSubscriber: () => RedisClient,
    private readonly processId: string,
    private readonly onMessage: (token: string) => void,
  ) {}

  /** Whether grants can be heard. */
  get isOpen(): boolean {
    return this.heard;
  }

  /**
   * Resolves when grants can be heard, or when there is no point in waiting for it any longer: after `timeLimit`
   * milliseconds, or a heartbeat, by which a waiter would learn of its grant anyway.
   */
  open(timeLimit: number): Promise<void> {
    this.subscribed ??= this.subscribe();
    const { subscribed } = this;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(timeLimit, WAITER_HEARTBEAT));
      timer.unref();
      void subscribed.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  close(): void {
    this.subscriber?.disconnect();
    this.subscriber = null;
    this.subscribed = null;
    this.heard = false;
  }

  /** Never rejects: a refused subscription, by an ACL perhaps, leaves waiters to their heartbeats; the next asks again. */
  private async subscribe(): Promise<void> {
    const subscriber = this.openSubscriber();
    this.subscriber = subscriber;
    // ioredis reconnects and subscribes again by itself; an error event without a listener would be printed or thrown.
    subscriber.on('error', () => undefined);
    // A connection that is given up for good; the next wait opens another.
    subscriber.on('end', () => this.abandon(subscriber));
    subscriber.on('message', (_channel, token) => this.onMessage(String(token)));
    try {
      await subscriber.subscribe(CHANNEL_PREFIX + this.processId);
      this.heard = this.subscriber === subscriber;
    } catch {
      this.abandon(subscriber);
    }
  }

  private abandon(subscriber: RedisClient): void {
    if (this.subscriber === subscriber) this.close();
  }
}
