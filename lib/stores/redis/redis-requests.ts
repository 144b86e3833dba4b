/**
 * Sends one script and settles in time, whatever the connection does. ioredis queues commands while it is disconnected
 * and sends unanswered ones again after a reconnect; a lock's request must not come to life long after its caller gave
 * up, so nothing is sent before the connection is ready and every request has a time limit.
 */
import { createHash } from 'node:crypto';
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { OpenedClient, RedisClient } from './redis-connection.js';

/** A script and the digest it is called by. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** A request that waits for the connection. */
interface Unsent {
  send(): void;
  fail(error: unknown): void;
}

export class RedisRequests {
  private readonly client: RedisClient;
  private readonly unsent = new Set<Unsent>();
  private connectionsLost = 0;
  private lastError: unknown;
  private disposed = false;

  constructor(
    private readonly opened: OpenedClient,
    private readonly timeLimit: number,
  ) {
    this.client = opened.client;
    this.client.on('ready', this.onReady);
    this.client.on('close', this.onClose);
    this.client.on('end', this.onEnd);
    // On a client of the user's a listener would silence ioredis's own warning about unhandled errors.
    if (opened.owned) this.client.on('error', this.onError);
  }

  /** Grows whenever the connection breaks: a request that spans two values may have been carried out twice. */
  get epoch(): number {
    return this.connectionsLost;
  }

  /**
   * Runs a script with `words`, the first `keyCount` of which are its keys; rejects with `LockUnavailableError` when no
   * answer came in time or Redis refused.
   */
  run(script: Script, keyCount: number, words: readonly string[], timeLimit = this.timeLimit): Promise<unknown> {
    if (this.disposed) {
      return Promise.reject(new LockUnavailableError(messages.storeStopped(), { wasSent: false }));
    }
    return new Promise((resolve, reject) => {
      const succeed = (answer: unknown): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        reject(asUnavailable(error));
      };
      const request: Unsent = { send: () => this.send(script, keyCount, words, succeed, fail), fail };
      const timer = setTimeout(() => {
        const wasSent = !this.unsent.delete(request);
        const cause = this.lastError;
        reject(new LockUnavailableError(messages.noAnswer(timeLimit, this.client.status, cause), { cause, wasSent }));
      }, timeLimit);
      timer.unref();
      if (this.client.status === 'ready') request.send();
      else this.sendWhenReady(request);
    });
  }

  /** Fails what was not sent and leaves the client as it was found. */
  dispose(): void {
    this.disposed = true;
    this.onEnd();
    this.client.off('ready', this.onReady);
    this.client.off('close', this.onClose);
    this.client.off('end', this.onEnd);
    if (this.opened.owned) this.client.off('error', this.onError);
  }

  private send(
    script: Script,
    keyCount: number,
    words: readonly string[],
    succeed: (answer: unknown) => void,
    fail: (error: unknown) => void,
  ): void {
    this.client.evalsha(script.sha, keyCount, ...words).then(succeed, (error: unknown) => {
      // After a restart or SCRIPT FLUSH the server has to be told the source once; EVAL also caches it.
      if (!isUnknownScript(error)) return fail(error);
      this.client.eval(script.source, keyCount, ...words).then(succeed, fail);
    });
  }

  private sendWhenReady(request: Unsent): void {
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

  private readonly onReady = (): void => {
    const requests = [...this.unsent];
    this.unsent.clear();
    for (const request of requests) request.send();
  };

  private readonly onEnd = (): void => {
    const requests = [...this.unsent];
    this.unsent.clear();
    for (const request of requests) request.fail(this.ended());
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
