/**
 * One client's connection through the proxy: two lanes, and a ledger of the replies that are still to come, so that
 * the fate of a request can be tied to its reply.
 */
import { connect, type Socket } from 'node:net';

import { ProxyLane, type Traffic } from './proxy-lane.js';
import { kindOf, MessageSplitter, subscribes, wordsOf } from './resp.js';

/** A request as the proxy saw it. */
export interface ProxiedCommand {
  /** In lower case, such as `evalsha`. */
  readonly name: string;
  /** The words behind the name. */
  readonly args: readonly string[];
  /** Tells connections apart: 1 is the first that the proxy accepted. */
  readonly connection: number;
}

/**
 * What becomes of a request.
 *
 * - `forward`: nothing special.
 * - `duplicate`: the server gets it twice, the client sees the first reply only.
 * - `resend`: the server gets it twice, the client sees the second reply only, as after a reconnect.
 * - `drop`: it and all that the client sends after it on this connection is lost; the connection stays open.
 * - `drop-reply`: the server carries it out; its reply and all that follows on this connection is lost.
 * - `cut`: the connection breaks before the server gets it.
 * - `cut-reply`: the server carries it out; the connection breaks in place of the reply.
 * - `{ delay }`: it, and what the client sends after it on this connection, arrives that many milliseconds later.
 */
export type Fate =
  'forward' | 'duplicate' | 'resend' | 'drop' | 'drop-reply' | 'cut' | 'cut-reply' | { readonly delay: number };

interface ExpectedReply {
  readonly fate: 'pass' | 'swallow' | 'drop' | 'cut';
  /** How many messages answer the request: several for a subscription to several channels. */
  left: number;
}

/** What a connection needs of its proxy. */
export interface ProxyConnectionOptions {
  readonly id: number;
  readonly client: Socket;
  readonly upstream: { readonly host: string; readonly port: number };
  readonly toServer: Traffic;
  readonly toClient: Traffic;
  /** Asked once for every request, in order. */
  readonly judge: (command: ProxiedCommand) => Fate;
  /** Asked for every message that nobody asked for: whether it is lost. */
  readonly losesPush: () => boolean;
  /** Told of every message of the server that answers a request. */
  readonly onReply: () => void;
}

/** See the head of this module. */
export class ProxyConnection {
  private readonly server: Socket;
  private readonly toServer: ProxyLane;
  private readonly toClient: ProxyLane;
  private readonly requests = new MessageSplitter();
  private readonly replies = new MessageSplitter();
  private readonly ledger: ExpectedReply[] = [];
  private subscriber = false;
  /** How much later than others the requests of a stranded connection arrive. */
  private lateness = 0;
  private breaking: NodeJS.Timeout | undefined;
  /** Resolves when both ends are closed. */
  readonly closed: Promise<unknown>;

  constructor(private readonly options: ProxyConnectionOptions) {
    const { client, upstream } = options;
    this.server = connect({ ...upstream, allowHalfOpen: true, noDelay: true });
    this.toServer = new ProxyLane(this.server, options.toServer);
    this.toClient = new ProxyLane(client, options.toClient);
    client.on('data', (chunk) => this.requests.push(chunk).forEach((request) => this.onRequest(request)));
    this.server.on('data', (chunk) => this.replies.push(chunk).forEach((reply) => this.onReply(reply)));
    client.once('end', () => this.toServer.send(null));
    this.server.once('end', () => this.toClient.send(null));
    client.on('error', () => this.toServer.send(null));
    this.server.on('error', () => client.destroy());
    this.closed = Promise.all([client, this.server].map((socket) => new Promise((done) => socket.once('close', done))));
  }

  /**
   * What the client sends from now on arrives `delay` milliseconds later; the client's side breaks after `patience`. So a
   * network keeps the last bytes of a connection whose client has gone on to the next.
   */
  strand(patience: number, delay: number): void {
    this.lateness = delay;
    this.breaking ??= setTimeout(() => {
      this.options.client.destroy();
      this.toServer.send(null, delay);
    }, patience);
  }

  /** Breaks the connection on both sides. */
  cut(): void {
    clearTimeout(this.breaking);
    this.toServer.die();
    this.toClient.die();
    this.options.client.destroy();
    this.server.destroy();
  }

  /** The traffic rules changed: passes on what may go now; a connection that lost bytes breaks once traffic flows. */
  update(): void {
    this.toServer.drain();
    this.toClient.drain();
    const flows = this.options.toServer.mode === 'flow' && this.options.toClient.mode === 'flow';
    if (flows && (this.toServer.isDead || this.toClient.isDead)) this.cut();
  }

  private onRequest(request: Buffer): void {
    if (this.toServer.isDead || this.options.client.destroyed) return;
    const [name = '', ...args] = wordsOf(request);
    const command: ProxiedCommand = { name: name.toLowerCase(), args, connection: this.options.id };
    const fate = this.options.judge(command);
    if (fate === 'cut') return this.cut();
    if (fate === 'drop') return this.toServer.die();
    const subscription = subscribes(command.name);
    this.subscriber ||= subscription;
    const send = (reply: ExpectedReply['fate'], delay = 0): void => {
      this.ledger.push({ fate: reply, left: subscription ? Math.max(1, args.length) : 1 });
      this.toServer.send(request, delay + this.lateness);
    };
    if (typeof fate === 'object') return send('pass', fate.delay);
    if (fate === 'drop-reply') return send('drop');
    if (fate === 'cut-reply') return send('cut');
    send(fate === 'resend' ? 'swallow' : 'pass');
    if (fate === 'duplicate') send('swallow');
    if (fate === 'resend') send('pass');
  }

  private onReply(message: Buffer): void {
    const kind = kindOf(message, this.subscriber);
    if (kind === 'push' && this.options.losesPush()) return;
    const expected = kind === 'push' ? undefined : this.ledger[0];
    if (expected !== undefined && (kind === 'reply' || --expected.left === 0)) this.ledger.shift();
    if (expected?.fate === 'cut') this.cut();
    if (expected?.fate === 'drop') this.toClient.die();
    if (expected?.fate !== 'swallow') this.toClient.send(message);
    if (kind !== 'push') this.options.onReply();
  }
}
