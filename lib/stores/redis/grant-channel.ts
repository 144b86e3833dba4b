/**
 * Where a process hears of its grants: one Pub/Sub channel and one subscription per process, however many keys it waits
 * for. The channel is named after the process id that begins every token, so a script can tell whom to notify from the
 * token alone. A message is only a hint; a waiter that misses one learns by its next heartbeat.
 */
import { Outside } from '../../context/outside.js';
import type { GrantListener } from '../lock-store.js';
import { readGrant } from './grant-message.js';
import { Hearing } from './hearing.js';
import type { RedisClient } from './redis-connection.js';

/** Goes in front of the process id. */
export const CHANNEL_PREFIX = 'nestjs-distributed-lock:';

/** What fails for good is tried less and less often: not every waiter's heartbeat makes a connection. */
const PAUSE = { first: 1_000, most: 60_000 };

/** How a channel finds out whether it hears. */
export interface HearingTest {
  /** Publishes where scripts do; rejects when that is refused. */
  publish(channel: string, message: string): Promise<unknown>;
  /** A subscription that stood heard nothing; told once until one hears again. */
  foundDeaf(): void;
}

/** The subscription of one process. Opened at the first wait: a process that never waits needs no second connection. */
export class GrantChannel {
  private readonly outside = new Outside();
  private readonly name: string;
  private subscriber: RedisClient | null = null;
  /** Of a subscription that the server has confirmed. */
  private hearing: Hearing | undefined;
  private isToldDeaf = false;
  private pause = 0;
  private openNext = -Infinity;

  constructor(
    private readonly openSubscriber: () => RedisClient,
    processId: string,
    private readonly claimWindow: number,
    private readonly listener: GrantListener,
    private readonly test?: HearingTest,
  ) {
    this.name = CHANNEL_PREFIX + processId;
  }

  /**
   * Somebody waits: makes sure that grants will be heard. What was missed until then is said by
   * {@link GrantListener.resumed}.
   */
  open(): void {
    if (this.subscriber && !this.hearing?.isDeaf()) return;
    if (this.subscriber) this.replace();
    if (performance.now() < this.openNext) return;
    // The connection outlasts the section of whoever was the first to wait.
    this.outside.run(() => this.subscribe());
  }

  close(): void {
    this.subscriber?.disconnect();
    this.subscriber = null;
    this.hearing = undefined;
  }

  private replace(): void {
    if (!this.isToldDeaf) this.test?.foundDeaf();
    this.isToldDeaf = true;
    this.giveUp();
  }

  /** The next one who waits has it tried again, the first time at once. */
  private giveUp(): void {
    this.close();
    this.openNext = performance.now() + this.pause;
    this.pause = Math.min(Math.max(2 * this.pause, PAUSE.first), PAUSE.most);
  }

  /**
   * When there is no subscription to be had (refused by an ACL, perhaps) waiters are left to their heartbeats until the
   * next asks again. It subscribes anew after each reconnect; when ioredis does that by itself, a connection that breaks
   * at the wrong moment leaves a rejection unhandled.
   */
  private subscribe(): void {
    let subscriber: RedisClient;
    try {
      subscriber = this.openSubscriber();
    } catch {
      return this.giveUp(); // A cluster that knows none of its servers at the moment.
    }
    this.subscriber = subscriber;
    const giveUp = (): void => {
      if (this.subscriber === subscriber) this.giveUp();
    };
    const join = (): void => {
      subscriber.subscribe(this.name).then(
        () => this.joined(subscriber),
        () => {
          if (subscriber.status === 'ready') giveUp();
        },
      );
    };
    subscriber.on('message', (_channel, message) => {
      if (this.subscriber === subscriber) this.tell(() => this.read(String(message)));
    });
    // Without a listener ioredis would print the error; it reconnects in any case.
    subscriber.on('error', () => undefined);
    subscriber.on('close', () => {
      if (this.subscriber === subscriber) this.hearing = undefined;
    });
    subscriber.on('end', giveUp);
    subscriber.on('ready', join);
    if (subscriber.status === 'ready') join();
    if (subscriber.status === 'wait') subscriber.connect().catch(() => undefined);
  }

  private joined(subscriber: RedisClient): void {
    if (this.subscriber !== subscriber) return;
    const { test } = this;
    this.hearing = test && new Hearing((word) => test.publish(this.name, word));
    this.tell(() => this.listener.resumed());
  }

  private read(message: string): void {
    this.pause = 0;
    this.isToldDeaf = false;
    if (this.hearing?.message(message)) return;
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
