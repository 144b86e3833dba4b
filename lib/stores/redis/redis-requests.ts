/**
 * Sends one script and settles in time, whatever the connection does. ioredis queues commands while it is disconnected
 * and sends unanswered ones again after a reconnect; a lock's request must not come to life long after its caller gave
 * up, so nothing is sent before the connection is ready and every request has a time limit.
 */
import { createHash } from 'node:crypto';
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { Recipient } from './group-commit.js';
import type { OpenedClient, RedisClient } from './redis-connection.js';
import { TimeLimit } from './time-limit.js';
import type { Limited } from './time-limit.js';

/** A script and the digest it is called by. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** What to run. */
export interface ScriptCall {
  readonly script: Script;
  /** How many of the words are keys: the first ones. */
  readonly keyCount: number;
  readonly words: readonly string[];
  /** Asked before the call is sent again to a server that did not know the script. */
  readonly mayRepeat?: (() => boolean) | undefined;
}

/** A request from the caller's question to its answer. */
class PendingRequest implements Limited {
  readonly since = performance.now();
  before: Limited | undefined;
  behind: Limited | undefined;
  isSettled = false;

  constructor(
    readonly call: ScriptCall,
    private readonly recipient: Recipient,
    private readonly timeLimit: TimeLimit,
    private readonly onTimeout: (request: PendingRequest) => void,
  ) {
    timeLimit.begin(this);
  }

  expire(): void {
    this.onTimeout(this);
  }

  succeed(answer: unknown): void {
    if (this.settle()) this.recipient.succeed(answer);
  }

  fail(error: unknown): void {
    if (this.settle()) this.recipient.fail(asUnavailable(error));
  }

  /** Only the first outcome counts. */
  private settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.timeLimit.end(this);
    return true;
  }
}

export class RedisRequests {
  private readonly client: RedisClient;
  private readonly timeLimit: TimeLimit;
  private readonly unsent = new Set<PendingRequest>();
  private connectionsLost = 0;
  private lastError: unknown;
  private disposed = false;

  constructor(
    private readonly opened: OpenedClient,
    /** How long a request may take, in milliseconds. */
    timeLimit: number,
  ) {
    this.client = opened.client;
    this.timeLimit = new TimeLimit(timeLimit);
    this.client.on('ready', this.onReady);
    this.client.on('close', this.onClose);
    this.client.on('end', this.onEnd);
    watchNodes(opened, this.onNode);
    // On a client of the user's a listener would silence ioredis's own warning about unhandled errors.
    if (opened.owned) this.client.on('error', this.onError);
  }

  /** Grows whenever the connection breaks: a request that spans two values may have been carried out twice. */
  get epoch(): number {
    return this.connectionsLost;
  }

  /** Rejects with `LockUnavailableError` when no answer came in time or Redis refused. */
  run(call: ScriptCall): Promise<unknown> {
    return new Promise((succeed, fail) => this.send(call, { succeed, fail }));
  }

  /** As {@link run}, without a promise of its own. Tells the recipient once, at once where nothing can be sent. */
  send(call: ScriptCall, recipient: Recipient): void {
    if (this.disposed) return recipient.fail(new LockUnavailableError(messages.storeStopped(), { wasSent: false }));
    const request = new PendingRequest(call, recipient, this.timeLimit, this.onTimeout);
    if (this.client.status === 'ready') this.transmit(request);
    else this.sendWhenReady(request);
  }

  /** Fails what was not sent and leaves a client of the user's as it was found. */
  dispose(): void {
    this.disposed = true;
    this.onEnd();
    this.client.off('ready', this.onReady);
    this.client.off('close', this.onClose);
    this.client.off('end', this.onEnd);
    unwatchNodes(this.opened, this.onNode, this.onClose);
    // The listener for errors stays on a client of our own: without it ioredis prints what may still go wrong while it
    // is closed.
  }

  private transmit(request: PendingRequest): void {
    const { script, keyCount, words, mayRepeat } = request.call;
    const succeed = (answer: unknown): void => request.succeed(answer);
    this.client.evalsha(script.sha, keyCount, ...words).then(succeed, (error: unknown) => {
      // After a restart or SCRIPT FLUSH the server has to be told the source once; EVAL also caches it. But nothing more
      // is sent for a caller who has been told already, and may have asked for the opposite since.
      if (!isUnknownScript(error) || request.isSettled || mayRepeat?.() === false) return request.fail(error);
      this.client.eval(script.source, keyCount, ...words).then(succeed, (refusal: unknown) => request.fail(refusal));
    });
  }

  private sendWhenReady(request: PendingRequest): void {
    if (this.client.status === 'end') {
      request.fail(this.ended());
      return;
    }
    this.unsent.add(request);
    // A lazy client connects at its first use. When that fails it keeps trying; the time limit decides.
    if (this.client.status === 'wait') this.client.connect().catch(() => undefined);
  }

  private ended(): LockUnavailableError {
    return new LockUnavailableError(messages.connectionEnded(), { cause: this.lastError, wasSent: false });
  }

  private readonly onTimeout = (request: PendingRequest): void => {
    const wasSent = !this.unsent.delete(request);
    const cause = this.lastError;
    const message = messages.noAnswer(this.timeLimit.milliseconds, this.client.status, cause);
    request.fail(new LockUnavailableError(message, { cause, wasSent }));
  };

  private readonly onReady = (): void => {
    const requests = [...this.unsent];
    this.unsent.clear();
    for (const request of requests) this.transmit(request);
  };

  private readonly onEnd = (): void => {
    const requests = [...this.unsent];
    this.unsent.clear();
    for (const request of requests) request.fail(this.ended());
  };

  private readonly onNode = (node: unknown): void => {
    (node as RedisClient).on('close', this.onClose);
  };

  private readonly onClose = (): void => {
    this.connectionsLost += 1;
  };

  private readonly onError = (error: unknown): void => {
    this.lastError = error;
  };
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function asUnavailable(error: unknown): LockUnavailableError {
  return error instanceof LockUnavailableError
    ? error
    : new LockUnavailableError(messages.refused(error), { cause: error });
}

/** A cluster does not tell when the connection to one of its servers breaks; its nodes do. */
function watchNodes({ client, isCluster }: OpenedClient, onNode: (node: unknown) => void): void {
  if (!isCluster) return;
  nodesOf(client).forEach(onNode);
  client.on('+node', onNode);
}

function unwatchNodes({ client, isCluster }: OpenedClient, onNode: (node: unknown) => void, onClose: () => void): void {
  if (!isCluster) return;
  client.off('+node', onNode);
  for (const node of nodesOf(client)) node.off('close', onClose);
}

function nodesOf(cluster: RedisClient): readonly RedisClient[] {
  return (cluster as RedisClient & { nodes(role: 'all'): RedisClient[] }).nodes('all');
}
