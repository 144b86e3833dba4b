/**
 * Where a process hears of its grants: one Pub/Sub channel and one subscription per process, however many keys it waits
 * for. The channel is named after the process id that begins every token, so a script knows from the token alone which
 * process to notify. A message is only a hint; a waiter that misses one learns by its next heartbeat.
 */
import { Outside } from '../../core/context/outside.js';
import type { GrantListener } from '../lock-store.js';
import { readGrant, readText } from './grant-message.js';
import { Hearing } from './hearing.js';
import type { RedisClient } from './redis-client.js';

/** Goes in front of the process id. */
export const CHANNEL_PREFIX = 'nestjs-distributed-lock:';

/**
 * A subscription that keeps failing is tried less and less often: not at every heartbeat of a waiter. In milliseconds.
 */
const PAUSE = { first: 1_000, most: 60_000 };

/** How a channel finds out whether messages still reach it. */
export interface HearingTest {
  /** Publishes where scripts do; rejects when that is refused. */
  publish(channel: string, message: string): Promise<unknown>;
  /** Called when no messages arrive on a subscription that stands; once, until one arrives again. */
  foundDeaf(): void;
}

/** The subscription of one process. Opened at the first wait: a process that never waits needs no second connection. */
export class GrantChannel {
  private readonly outside = new Outside();
  private readonly name: string;
  private subscriber: RedisClient | null = null;
  /** Of a subscription that the server has confirmed. */
  private hearing: Hearing | undefined;
  /** Called when the server has confirmed the subscription. */
  private readonly onHearing = new Set<() => void>();
  private isToldDeaf = false;
  private pause = 0;
  private openNext = -Infinity;

  constructor(
    private readonly openSubscriber: () => RedisClient,
    processId: string,
    private readonly claimWindow: number,
    /** May be replaced while the subscription stands. */
    public listener: GrantListener,
    private readonly test?: HearingTest,
    /** Whether a token waits to be converted. */
    private readonly isWishing: (token: string) => boolean = () => false,
  ) {
    this.name = CHANNEL_PREFIX + processId;
  }

  /**
   * A token waits: makes sure that its process hears of grants. {@link GrantListener.resumed} tells that some may have
   * been missed until then.
   */
  open(): void {
    if (this.subscriber && !this.hearing?.isDeaf()) return;
    if (this.subscriber) this.replace();
    if (performance.now() < this.openNext) return;
    // The connection outlasts the section of the caller that was the first to wait.
    this.outside.run(() => this.subscribe());
  }

  /**
   * The process wants to hear what it is told, without haste: where a subscription has failed, the next attempt is left to
   * a token that waits, which is delayed by each that fails.
   */
  openWithoutHaste(): void {
    if (!this.subscriber && performance.now() < this.openNext + this.pause) return;
    this.open();
  }

  /** Resolves when the server has confirmed the subscription, or when so many milliseconds are over. */
  hear(milliseconds: number): Promise<void> {
    this.open();
    if (this.hearing) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.onHearing.delete(done);
        resolve();
      };
      const timer = this.outside.run(() => setTimeout(done, milliseconds));
      this.onHearing.add(done);
    });
  }

  /** Grants may have been missed for another reason. */
  resumed(): void {
    this.tell(() => this.listener.resumed());
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

  /** The next token that waits has it tried again, after the first failure at once. */
  private giveUp(): void {
    this.close();
    this.openNext = performance.now() + this.pause;
    this.pause = Math.min(Math.max(2 * this.pause, PAUSE.first), PAUSE.most);
  }

  /**
   * Where a subscription fails (refused by an ACL, perhaps), waiters are left to their heartbeats until the next one
   * asks again. It subscribes anew after each reconnect: when ioredis does that by itself, a connection that breaks at
   * the wrong moment leaves a rejection unhandled.
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
    for (const heard of this.onHearing) heard();
    this.resumed();
  }

  private read(message: string): void {
    this.pause = 0;
    this.isToldDeaf = false;
    if (this.hearing?.message(message)) return;
    const text = readText(message);
    if (text !== undefined) return this.listener.told?.(text);
    const grant = readGrant(message, this.claimWindow, this.isWishing);
    if (grant) this.listener.granted(grant);
  }

  /** An error that is thrown into ioredis's parser would break the connection; to lose a hint does less harm. */
  tell(hint: () => void): void {
    try {
      hint();
    } catch {
      // See above.
    }
  }
}
