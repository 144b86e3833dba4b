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

  /**
   * Resolves at the first subscription, or when there is none to be had: refused by an ACL, perhaps, which leaves waiters
   * to their heartbeats until the next asks again. It subscribes anew after each reconnect; when ioredis does that by
   * itself, a connection that breaks at the wrong moment leaves a rejection unhandled.
   */
  private subscribe(): Promise<void> {
    const subscriber = this.openSubscriber();
    this.subscriber = subscriber;
    subscriber.on('message', (_channel, token) => this.onMessage(String(token)));
    // Without a listener ioredis would print the error; it reconnects in any case.
    subscriber.on('error', () => undefined);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.abandon(subscriber);
        resolve();
      };
      subscriber.on('end', giveUp);
      const join = (): void => {
        subscriber.subscribe(CHANNEL_PREFIX + this.processId).then(
          () => {
            this.heard = this.subscriber === subscriber;
            resolve();
          },
          () => {
            if (subscriber.status === 'ready') giveUp();
          },
        );
      };
      subscriber.on('ready', join);
      if (subscriber.status === 'ready') join();
      if (subscriber.status === 'wait') subscriber.connect().catch(() => undefined);
    });
  }

  private abandon(subscriber: RedisClient): void {
    if (this.subscriber === subscriber) this.close();
  }
}
