/**
 * Sends one script and settles in time, whatever the connection does. Left to itself ioredis sends what was unanswered
 * when a connection broke, and what it queued, whenever it can; a lock's request must not come to life long after its
 * caller gave up. So ioredis sends each request once or not at all, and what is sent again is sent from here, for
 * callers that still wait.
 */
import { createHash } from 'node:crypto';
import { Outside } from '../../core/context/outside.js';
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { Recipient } from './group-commit.js';
import { PendingRequest } from './pending-request.js';
import type { RequestOwner, Script, ScriptCall } from './pending-request.js';
import type { OpenedClient, RedisClient } from './redis-client.js';
import { isAccessError, isInterruption, isMomentary, isPassing, isRefusal, presentable, text } from './redis-error.js';
import { RedisLink } from './redis-link.js';
import type { LinkUser } from './redis-link.js';
import { readLeaseWords } from './scripts/lease-script.js';
import { successorOf } from './scripts/release.js';
import { TimeLimit } from './time-limit.js';

export type { Script, ScriptCall } from './pending-request.js';

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** Hears of what no caller waits for. */
interface RequestObserver {
  /** Something was carried out whose caller had been told otherwise. */
  answeredLate(): void;
  /** The server is known to be out of reach, or is there again. */
  reachable?(isReachable: boolean): void;
  /** A call is to be sent again although it may have been carried out, or may still be. */
  repeated(call: ScriptCall): void;
}

/** How long a request waits, in milliseconds, before it is sent again over a connection that still stands. */
const REPEAT_PAUSE = 50;

export class RedisRequests implements RequestOwner, LinkUser {
  readonly link: RedisLink;
  private readonly client: RedisClient;
  private readonly timeLimit: TimeLimit;
  /** What waits to be sent, or sent again. */
  private readonly unsent = new Set<PendingRequest>();
  private readonly outside = new Outside();
  private repeatTimer: NodeJS.Timeout | undefined;
  private disposed = false;

  constructor(
    private readonly opened: OpenedClient,
    /** How long a request may take, in milliseconds. */
    timeLimit: number,
    private readonly observer?: RequestObserver,
  ) {
    this.client = opened.client;
    this.timeLimit = new TimeLimit(timeLimit);
    this.link = new RedisLink(opened, this);
  }

  /** Rejects with `LockUnavailableError` when no answer came in time or Redis refused. */
  run(call: ScriptCall): Promise<unknown> {
    return new Promise((succeed, fail) => this.send(call, { succeed, fail }));
  }

  /** As {@link run}, without a promise of its own. Tells the recipient once, at once where nothing can be sent. */
  send(call: ScriptCall, recipient: Recipient): void {
    if (this.disposed) return recipient.fail(new LockUnavailableError(messages.storeStopped(), { wasSent: false }));
    const request = new PendingRequest(call, recipient, this.timeLimit, this);
    if (this.link.isOpen) this.transmit(request);
    else this.sendWhenReady(request);
  }

  /** Fails what was not sent, or has to be sent again. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.repeatTimer);
    this.failUnsent(messages.storeStopped());
    this.link.dispose();
  }

  timedOut(request: PendingRequest): void {
    this.unsent.delete(request);
    const { refusal, isInDoubt, isUnderWay } = request;
    const cause = refusal === undefined ? this.link.lastError : refusal;
    const message = refusal === undefined ? this.silence(cause) : refusalOf(refusal);
    request.fail(new LockUnavailableError(message, { cause, wasSent: isInDoubt || isUnderWay }));
  }

  answeredLate(): void {
    if (!this.disposed) this.observer?.answeredLate();
  }

  linkOpened(): void {
    const { wrongDatabase } = this.link;
    if (wrongDatabase) this.failUnsent(messages.noDatabase(wrongDatabase), wrongDatabase);
    else this.sendUnsent();
  }

  linkReachable(isReachable: boolean): void {
    if (!this.disposed) this.observer?.reachable?.(isReachable);
  }

  linkEnded(): void {
    const { lastError } = this.link;
    this.failUnsent(messages.connectionEnded(lastError), lastError);
  }

  private transmit(request: PendingRequest): void {
    const { script, keyCount, words, mayRepeat } = request.call;
    const succeed = (answer: unknown): void => request.succeed(answer);
    request.isUnderWay = true;
    this.evalsha(request.call).then(succeed, (error: unknown) => {
      // After a restart or SCRIPT FLUSH the server has to be told the source once; EVAL also caches it. But nothing
      // more is sent for a caller that has been told already, and may have asked for the opposite since.
      if (!isUnknownScript(error) || request.isSettled || mayRepeat?.() === false)
        return this.unanswered(request, error);
      const fail = (reason: unknown): void => this.unanswered(request, reason);
      this.client.eval(script.source, keyCount, ...words).then(succeed, fail);
    });
  }

  /**
   * A cluster connects to a server at the first command for it, and that connection outlasts the section of the
   * caller that sends it.
   */
  private evalsha({ script, keyCount, words }: ScriptCall): Promise<unknown> {
    const { client } = this;
    if (!this.opened.isCluster) return client.evalsha(script.sha, keyCount, ...words);
    return this.outside.run(() => client.evalsha(script.sha, keyCount, ...words));
  }

  /** The connection broke, or the server refused: for the moment, or for good. */
  private unanswered(request: PendingRequest, error: unknown): void {
    request.isUnderWay = false;
    if (request.isSettled) return;
    const isBroken = isInterruption(error);
    const cause = presentable(error, [...this.opened.secrets(), ...wordsOf(request.call)]);
    this.link.noticed(error);
    if (!isBroken) request.refusal = cause;
    if ((isBroken || isMomentary(error)) && !this.disposed && request.call.mayRepeat?.() !== false) {
      return this.sendAgain(request, isBroken);
    }
    const wasSent = isBroken || request.isInDoubt || !isRefusal(error);
    const message = isBroken ? messages.broken() : refusalOf(cause);
    request.fail(new LockUnavailableError(message, { cause, wasSent, isMomentary: isPassing(error) }));
  }

  private sendAgain(request: PendingRequest, isInDoubt: boolean): void {
    if (isInDoubt) {
      request.isInDoubt = true;
      this.observer?.repeated(request.call);
    }
    // A cluster has to look which server has the key now.
    this.outside.run(() => this.opened.refresh());
    this.sendWhenReady(request);
  }

  private sendWhenReady(request: PendingRequest): void {
    const { link } = this;
    if (link.wrongDatabase && link.status === 'ready') {
      link.replace();
      const { wrongDatabase: cause } = link;
      return request.fail(new LockUnavailableError(messages.noDatabase(cause), { cause, wasSent: request.isInDoubt }));
    }
    this.unsent.add(request);
    if (!link.isOpen) return link.open();
    this.repeatTimer ??= this.outside.run(() => setTimeout(this.sendUnsent, REPEAT_PAUSE).unref());
  }

  private readonly sendUnsent = (): void => {
    this.repeatTimer = undefined;
    if (!this.link.isOpen) return; // They are sent when it opens.
    const requests = [...this.unsent];
    this.unsent.clear();
    for (const request of requests) this.transmit(request);
  };

  private failUnsent(message: string, cause?: Error): void {
    const requests = [...this.unsent];
    this.unsent.clear();
    for (const request of requests) {
      request.fail(new LockUnavailableError(message, { cause, wasSent: request.isInDoubt }));
    }
  }

  private silence(cause: Error | undefined): string {
    if (isAccessError(cause)) return messages.notLetIn(cause);
    return messages.noAnswer(this.timeLimit.milliseconds, this.link.status, cause);
  }
}

function refusalOf(error: Error): string {
  return isAccessError(error) ? messages.notLetIn(error) : messages.refused(error);
}

function isUnknownScript(error: unknown): boolean {
  return text(error).startsWith('NOSCRIPT');
}

/** The keys and tokens of a call, which must not show in an error of another caller. */
function wordsOf({ keyCount, words }: ScriptCall): readonly string[] {
  const named = words.slice(0, keyCount);
  for (const argument of words.slice(keyCount)) {
    // Of a detail only the successor: the rest are numbers.
    for (const [token, detail] of readLeaseWords(argument)) named.push(token, successorOf(detail));
  }
  return named;
}
