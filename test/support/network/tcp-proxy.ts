/**
 * A proxy between a client and a Redis server, for everything a network does to them: latency, broken connections,
 * refused connections, silence, late delivery. It reads the protocol, so that a test can choose by its content which
 * request is lost, late, or carried out twice, and can wait for a request instead of for time to pass.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { anyLocalPort } from '../../../sample-app/redis/local-port.mjs';
import { ProxyConnection, type Fate, type ProxiedCommand } from './proxy-connection.js';
import type { LaneMode, Traffic } from './proxy-lane.js';

export type { Fate, ProxiedCommand } from './proxy-connection.js';

/** Chooses requests: by name, such as `'evalsha'`, or by a look at the whole. */
export type CommandMatch = string | ((command: ProxiedCommand) => boolean);

/** One direction, or both. */
export type Direction = 'toServer' | 'toClient' | 'both';

const PORTS_TO_TRY = 20;

interface Rule {
  readonly matches: (command: ProxiedCommand) => boolean;
  /** `null`: only looks on. */
  readonly fate: Fate | null;
  readonly onMatch: ((command: ProxiedCommand) => void) | null;
}

/** See the head of this module. */
export class TcpProxy implements AsyncDisposable {
  /** Every request that clients sent, in order of arrival; empty it with `commands.length = 0`. */
  readonly commands: ProxiedCommand[] = [];
  /** How many connections were accepted so far. */
  accepted = 0;
  /** How many replies the server sent so far, whatever became of them. */
  replies = 0;
  /** Whether what the server publishes is lost, while everything else is delivered. */
  losesPushes = false;
  private readonly traffic: { readonly toServer: Traffic; readonly toClient: Traffic } = {
    toServer: { mode: 'flow', latency: 0 },
    toClient: { mode: 'flow', latency: 0 },
  };
  private readonly connections = new Set<ProxyConnection>();
  private rules: Rule[] = [];
  private listener: Server | null = null;

  private constructor(
    private upstream: { readonly host: string; readonly port: number },
    /** Stays the same while the proxy refuses connections. */
    readonly port: number,
  ) {}

  /** A proxy in front of the server at a `redis://` URL. */
  static async start(url: string): Promise<TcpProxy> {
    const upstream = addressOf(url);
    for (let attempt = 1; ; attempt++) {
      const proxy = new TcpProxy(upstream, anyLocalPort());
      try {
        await proxy.accept();
        return proxy;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === PORTS_TO_TRY) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** How many connections are open now. */
  get open(): number {
    return this.connections.size;
  }

  /** Delays every message by so many milliseconds; order is kept. */
  setLatency(ms: number, direction: Direction = 'both'): void {
    for (const traffic of this.lanes(direction)) traffic.latency = ms;
  }

  /** Breaks all open connections; new ones are accepted. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
  }

  /**
   * Strands the open connections: what their clients still send arrives `delay` milliseconds late, and after `patience`
   * they break for the clients, who open new ones.
   */
  strand(patience: number, delay: number): void {
    for (const connection of this.connections) connection.strand(patience, delay);
  }

  /** Connections that exist go on, new ones are made to another server. */
  moveTo(url: string): void {
    this.upstream = addressOf(url);
  }

  /** Connections that exist go on, new ones are refused, until `accept()`. */
  refuse(): void {
    this.listener?.close();
    this.listener = null;
  }

  /** Accepts connections again. */
  async accept(): Promise<void> {
    if (this.listener !== null) return;
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.onClient(client));
    listener.listen(this.port, '127.0.0.1');
    await once(listener, 'listening');
    this.listener = listener;
  }

  /** Connections are accepted and stay open, but what is sent is lost, until `flow()`. */
  blackhole(direction: Direction = 'both'): void {
    this.setMode('swallow', direction);
  }

  /** What is sent is kept back until `flow()`. */
  hold(direction: Direction = 'both'): void {
    this.setMode('hold', direction);
  }

  /** Ends `hold` and `blackhole`: what was held goes out; a connection that lost something breaks. */
  flow(direction: Direction = 'both'): void {
    this.setMode('flow', direction);
  }

  /** Gives every matching request this fate; the newest rule that matches counts. Returns what removes the rule. */
  always(match: CommandMatch, fate: Fate): () => void {
    const rule: Rule = { matches: toPredicate(match), fate, onMatch: null };
    this.rules.unshift(rule);
    return () => this.remove(rule);
  }

  /** Gives the next matching request this fate; resolves with the request when it is met. */
  once(match: CommandMatch, fate: Fate): Promise<ProxiedCommand> {
    return this.addOnce(match, fate);
  }

  /** The next matching request, when it comes by; other rules decide what becomes of it. */
  next(match: CommandMatch): Promise<ProxiedCommand> {
    return this.addOnce(match, null);
  }

  /** Breaks all connections and stops listening. */
  async stop(): Promise<void> {
    this.refuse();
    const closed = [...this.connections].map((connection) => connection.closed);
    this.cut();
    await Promise.all(closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private onClient(client: Socket): void {
    const connection = new ProxyConnection({
      id: ++this.accepted,
      client,
      upstream: this.upstream,
      ...this.traffic,
      judge: (command) => this.judge(command),
      losesPush: () => this.losesPushes,
      onReply: () => this.replies++,
    });
    this.connections.add(connection);
    void connection.closed.then(() => this.connections.delete(connection));
  }

  private judge(command: ProxiedCommand): Fate {
    this.commands.push(command);
    const matching = this.rules.filter(({ matches }) => matches(command));
    const deciding = matching.find(({ fate }) => fate !== null);
    for (const rule of matching) if (rule === deciding || rule.fate === null) rule.onMatch?.(command);
    return deciding?.fate ?? 'forward';
  }

  private addOnce(match: CommandMatch, fate: Fate | null): Promise<ProxiedCommand> {
    return new Promise((resolve) => {
      const onMatch = (command: ProxiedCommand): void => {
        this.remove(rule);
        resolve(command);
      };
      const rule: Rule = { matches: toPredicate(match), fate, onMatch };
      this.rules.unshift(rule);
    });
  }

  private remove(rule: Rule): void {
    this.rules = this.rules.filter((other) => other !== rule);
  }

  private lanes(direction: Direction): Traffic[] {
    return direction === 'both' ? [this.traffic.toServer, this.traffic.toClient] : [this.traffic[direction]];
  }

  private setMode(mode: LaneMode, direction: Direction): void {
    for (const traffic of this.lanes(direction)) traffic.mode = mode;
    for (const connection of this.connections) connection.update();
  }
}

function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) || 6379 };
}

function toPredicate(match: CommandMatch): (command: ProxiedCommand) => boolean {
  return typeof match === 'string' ? ({ name }) => name === match.toLowerCase() : match;
}
