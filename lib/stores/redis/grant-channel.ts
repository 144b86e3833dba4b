/**
 * Where a process hears of its grants: one Pub/Sub channel and one subscription per process, however many keys it waits
 * for. The channel is named after the process id that begins every token, so a script can tell whom to notify from the
 * token alone. A message is only a hint; a waiter that misses one learns by its next heartbeat.
 */
import { Outside } from '../../context/outside.js';
import type { GrantListener } from '../lock-store.js';
import { readGrant } from './grant-message.js';
import type { RedisClient } from './redis-connection.js';

/** Goes in front of the process id. */
export const CHANNEL_PREFIX = 'nestjs-distributed-lock:';

/** The subscription of one process. Opened at the first wait: a process that never waits needs no second connection. */
export class GrantChannel {
  private readonly outside = new Outside();
  private subscriber: RedisClient | null = null;

  constructor(
    private readonly openSubscriber: () => RedisClient,
    private readonly processId: string,
    private readonly claimWindow: number,
    private readonly listener: GrantListener,
  ) {}

  /** Makes sure that grants will be heard. What was missed until then is said by {@link GrantListener.resumed}. */
  open(): void {
    // The connection outlasts the section of whoever was the first to wait.
    if (!this.subscriber) this.outside.run(() => this.subscribe());
  }

  close(): void {
    this.subscriber?.disconnect();
    this.subscriber = null;
  }

  /**
   * When there is no subscription to be had (refused by an ACL, perhaps) waiters are left to their heartbeats until the
   * next asks again. It subscribes anew after each reconnect; when ioredis does that by itself, a connection that breaks
   * at the wrong moment leaves a rejection unhandled.
   */
  private subscribe(): void {
    const subscriber = this.openSubscriber();
    this.subscriber = subscriber;
    const giveUp = (): void => {
      if (this.subscriber === subscriber) this.close();
    };
    const join = (): void => {
      subscriber.subscribe(CHANNEL_PREFIX + this.processId).then(
        () => this.tell(() => this.listener.resumed()),
        () => {
          if (subscriber.status === 'ready') giveUp();
        },
      );
    };
    subscriber.on('message', (_channel, message) => this.tell(() => this.read(String(message))));
    // Without a listener ioredis would print the error; it reconnects in any case.
    subscriber.on('error', () => undefined);
    subscriber.on('end', giveUp);
    subscriber.on('ready', join);
    if (subscriber.status === 'ready') join();
    if (subscriber.status === 'wait') subscriber.connect().catch(() => undefined);
  }

  private read(message: string): void {
    const grant = readGrant(message, this.claimWindow);
    if (grant) this.listener.granted(grant);
  }

  /** Thrown into ioredis's parser an error would break the connection; a hint that is not heard is only a hint lost. */
  private tell(hint: () => void): void {
    try {
      hint();
    } catch {
      // See above.
    }
  }
}
