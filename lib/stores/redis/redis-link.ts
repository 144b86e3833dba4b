/**
 * The state of the connection that requests go over: whether it may be used, what it last complained about, and when it
 * has to be replaced although it works.
 */
import { Outside } from '../../core/context/outside.js';
import type { OpenedClient, RedisClient } from './redis-client.js';
import { isOfReplica, isOfSelect, isUnknownClient, presentable } from './redis-error.js';

/** A server that refuses for good is not asked for a new connection more often than this, in milliseconds. */
const REPLACE_PAUSE = { least: 100, most: 5_000, forgottenAfter: 30_000 };

/** The user of the connection. */
export interface LinkUser {
  /** It can be used from now on. */
  linkOpened(): void;
  /** It can't, and won't come back by itself. */
  linkEnded(): void;
  /** It is known to be down, or stands again; only on a change. */
  linkReachable(isReachable: boolean): void;
}

export class RedisLink {
  /**
   * Grows whenever the connection, or that to one server of a cluster, breaks: a request that spans two values may have been
   * carried out twice.
   */
  epoch = 0;
  /** What went wrong since the connection last stood. */
  lastError: Error | undefined;
  /** Set where the server refused to choose the database: it would go on with another one. */
  wrongDatabase: Error | undefined;
  /** Whether it is down although it was up, or was tried. */
  private isDown = false;
  /** It is closed because it is being replaced, which is no outage. */
  private isReplacing = false;
  private readonly outside = new Outside();
  private isProven: boolean;
  private replacePause = REPLACE_PAUSE.least;
  private replaceNext = 0;

  constructor(
    private readonly opened: OpenedClient,
    private readonly user: LinkUser,
  ) {
    const { client, isCluster } = opened;
    this.isProven = client.status === 'ready';
    client.on('ready', this.onReady);
    client.on('close', this.onClose);
    client.on('end', this.onEnd);
    client.on('error', this.onError);
    // A cluster does not tell when the connection to one of its servers breaks; its servers do.
    if (isCluster) client.on('+node', this.onNode);
  }

  /** Whether a request may be sent. */
  get isOpen(): boolean {
    return this.isProven && this.opened.client.status === 'ready';
  }

  get status(): string {
    return this.opened.client.status;
  }

  /** Makes sure that it is being connected; when that fails it is tried again, and the time limit of requests decides. */
  open(): void {
    const { client } = this.opened;
    // It outlasts the section of the caller that happens to need it.
    if (client.status === 'wait' || client.status === 'end') {
      this.outside.run(() => client.connect()).catch(() => undefined);
    }
  }

  /** An answer of the server may show that another one should be asked. */
  noticed(error: unknown): void {
    if (isOfReplica(error) || isUnknownClient(error)) this.replace();
  }

  /** Makes a new connection, to wherever the address leads by now. */
  replace(): void {
    const now = performance.now();
    if (now < this.replaceNext) return;
    const isFirst = now > this.replaceNext + REPLACE_PAUSE.forgottenAfter;
    this.replacePause = isFirst ? REPLACE_PAUSE.least : Math.min(2 * this.replacePause, REPLACE_PAUSE.most);
    this.replaceNext = now + this.replacePause;
    const { client, isCluster } = this.opened;
    if (isCluster) this.outside.run(() => this.opened.refresh());
    else if (client.status === 'ready') {
      this.isReplacing = true;
      client.disconnect(true);
    }
  }

  /** Stops listening. The listener for errors stays: without it ioredis prints what may still go wrong at the end. */
  dispose(): void {
    const { client } = this.opened;
    client.off('ready', this.onReady);
    client.off('close', this.onClose);
    client.off('end', this.onEnd);
    client.off('+node', this.onNode);
  }

  private readonly onReady = (): void => {
    this.isProven = this.wrongDatabase === undefined;
    if (this.isProven) this.lastError = undefined;
    this.markDown(false);
    this.user.linkOpened();
  };

  private readonly onClose = (): void => {
    this.epoch += 1;
    this.isProven = false;
    if (!this.isReplacing) this.markDown(true);
    this.isReplacing = false;
    // The next connection has to prove itself anew. A reconnect changes nothing about the servers of a cluster.
    if (!this.opened.isCluster) this.wrongDatabase = undefined;
  };

  private markDown(isDown: boolean): void {
    if (isDown === this.isDown) return;
    this.isDown = isDown;
    this.user.linkReachable(!isDown);
  }

  private readonly onEnd = (): void => this.user.linkEnded();

  private readonly onNode = (node: unknown): void => {
    const { onNodeClose, onError } = this;
    for (const [event, listener] of [['close', onNodeClose] as const, ['error', onError] as const]) {
      (node as RedisClient).off(event, listener); // A server may be announced twice.
      (node as RedisClient).on(event, listener);
    }
  };

  private readonly onNodeClose = (): void => {
    this.epoch += 1;
  };

  private readonly onError = (error: unknown): void => {
    this.lastError = presentable(error, this.opened.secrets());
    if (isOfSelect(error)) this.wrongDatabase = this.lastError;
    const { client, isCluster } = this.opened;
    // While Sentinels are asked, and none answers, nothing is closed.
    if (!isCluster && client.status === 'connecting') this.markDown(true);
  };
}
