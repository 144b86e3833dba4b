/**
 * Takes keys: asks the store once, and where the key is taken and the caller may wait, stands in line for it. Every wait
 * settles, in time, and leaves nothing behind.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { LockEvents } from '../event-stream.js';
import { LockBusyError, LockError, LockTimeoutError, LockUnavailableError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { monotonicNow } from '../lease/heartbeat.js';
import type { Heartbeat } from '../lease/heartbeat.js';
import type { Lease } from '../lease/lease.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import { WAITER_HEARTBEAT } from '../stores/lock-store.js';
import type { AcquireRequest, LockStore, StoreAnswer } from '../stores/lock-store.js';
import { Waiter } from './waiter.js';
import type { Surroundings, Wanted } from './waiter.js';

/** A waiter's caller. */
interface Caller {
  resolve(lease: Lease): void;
  reject(reason: unknown): void;
}

export class Line implements Surroundings {
  private readonly waiters = new Map<string, Waiter>();
  private readonly callers = new Map<Waiter, Caller>();
  /** Requests to take a key that have no answer yet. */
  private asking = 0;
  private onIdle: (() => void) | undefined;
  private closed: ((key: string) => LockError) | undefined;

  constructor(
    private readonly store: LockStore,
    private readonly heartbeat: Heartbeat,
    private readonly keeper: LeaseKeeper,
    private readonly events: LockEvents,
  ) {
    store.onGrant((token) => {
      const waiter = this.waiters.get(token);
      // The message is only a hint, so the waiter asks; its touch also claims the lease for the full ttl.
      if (waiter) this.heartbeat.touch([waiter]);
    });
  }

  /**
   * Takes one key.
   *
   * @throws `LockBusyError`, `LockTimeoutError`, `LockUnavailableError`, or the reason of the caller's signal.
   */
  async take(wanted: Wanted): Promise<Lease> {
    wanted.signal?.throwIfAborted();
    // One signal may cancel any number of waits; without this Node.js warns of a leak at the eleventh.
    if (wanted.signal) setMaxListeners(0, wanted.signal);
    const { key, settings, signal } = wanted;
    const token = this.newToken();
    const sentAt = monotonicNow();
    const request = { key, token, kind: 'exclusive', ttl: settings.ttl, wait: settings.wait > 0 } as const;
    // A short wait must not make a server that is merely busy look out of reach.
    const patience = Math.max(wanted.until - sentAt, WAITER_HEARTBEAT);
    const asked = this.ask(request, settings.wait > 0 ? patience : undefined);
    let answer: StoreAnswer;
    try {
      answer = await (signal ? unlessAborted(asked, signal) : asked);
    } catch (error) {
      void this.abandon(request, asked, signal?.aborted === true);
      if (signal?.aborted) throw this.timedOut(wanted, token, error);
      this.keeper.failed(key, token, 'acquire', error);
      throw about(key, error);
    }
    if (this.closed) {
      this.keeper.giveBack(request, settings.ttl);
      throw this.timedOut(wanted, token, this.closed(key));
    }
    if (answer.state === 'held') return this.keep(wanted, token, answer.fencingToken, sentAt);
    if (answer.state !== 'waiting') {
      const retryAfterMs = answer.state === 'busy' ? answer.expiresIn : 0;
      const details = { key, retryAfterMs };
      const busy =
        settings.wait > 0
          ? new LockTimeoutError(messages.timeout(key, settings.wait), details)
          : new LockBusyError(messages.busy(key, retryAfterMs), details);
      throw this.timedOut(wanted, token, busy);
    }
    return this.wait(new Waiter(wanted, token, this), answer.expiresIn, sentAt);
  }

  /** Ends every wait, and those that have just begun. */
  close(reason: (key: string) => LockError): void {
    this.closed = reason;
    for (const waiter of this.waiters.values()) waiter.giveUp(reason(waiter.key));
  }

  /** Resolves when every answer is there that a request was sent for. */
  async idle(): Promise<void> {
    if (this.asking > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  granted(waiter: Waiter, answer: StoreAnswer & { state: 'held' }, sentAt: number): void {
    const caller = this.leave(waiter);
    try {
      caller?.resolve(this.keep(waiter.wanted, waiter.token, answer.fencingToken, sentAt));
    } catch (error) {
      caller?.reject(error);
    }
  }

  gaveUp(waiter: Waiter, reason: unknown): void {
    const { key, token, ttl } = waiter;
    this.keeper.giveBack({ key, token }, ttl);
    // As in `abandon`.
    void waiter.joining?.then(() => this.keeper.giveBack({ key, token }, ttl));
    this.leave(waiter)?.reject(this.timedOut(waiter.wanted, waiter.token, reason));
  }

  async rejoin(waiter: Waiter): Promise<void> {
    this.waiters.delete(waiter.token);
    waiter.token = this.newToken();
    this.waiters.set(waiter.token, waiter);
    const sentAt = monotonicNow();
    try {
      const { key, token, kind, ttl } = waiter;
      waiter.answered(await this.ask({ key, token, kind, ttl, wait: true }), sentAt);
    } catch (error) {
      // The next touch asks again.
      waiter.unanswered(error);
    }
  }

  failed(waiter: Waiter, error: unknown): void {
    this.keeper.failed(waiter.key, waiter.token, 'acquire', error);
  }

  moved(waiter: Waiter): void {
    this.heartbeat.moved(waiter);
  }

  /** Asks the store, and keeps {@link idle} waiting for the answer. */
  private async ask(request: AcquireRequest, within?: number): Promise<StoreAnswer> {
    this.asking += 1;
    try {
      const [answer] = await this.store.acquire([request], within);
      return answer!;
    } finally {
      this.asking -= 1;
      // What follows from the answer comes first.
      if (this.asking === 0 && this.onIdle) setImmediate(this.onIdle);
    }
  }

  /**
   * Gives back what a request may bring whose caller has left: at once, so that nobody has to wait, and once more when it
   * has settled, as it may have had to be sent in several steps, of which the last may have arrived behind the release.
   */
  private async abandon(request: AcquireRequest, asked: Promise<StoreAnswer>, underWay: boolean): Promise<void> {
    if (underWay) this.keeper.giveBack(request, request.ttl);
    try {
      await asked;
    } catch (error) {
      if (error instanceof LockUnavailableError && !error.wasSent) return;
    }
    this.keeper.giveBack(request, request.ttl);
  }

  private wait(waiter: Waiter, expiresIn: number, sentAt: number): Promise<Lease> {
    const { key, token } = waiter;
    return new Promise((resolve, reject) => {
      this.waiters.set(token, waiter);
      this.callers.set(waiter, { resolve, reject });
      waiter.inLine(expiresIn, sentAt);
      const { signal } = waiter.wanted;
      this.heartbeat.add(waiter);
      this.events.emit(() => ({ type: 'waiting', key, token, holderExpiresInMs: expiresIn }));
      // Cancelled between the answer and the place in line, where nobody was listening.
      if (signal?.aborted) waiter.giveUp(signal.reason);
    });
  }

  private leave(waiter: Waiter): Caller | undefined {
    waiter.finish();
    this.heartbeat.remove(waiter);
    this.waiters.delete(waiter.token);
    const caller = this.callers.get(waiter);
    this.callers.delete(waiter);
    return caller;
  }

  private keep(wanted: Wanted, token: string, fencingToken: number, sentAt: number): Lease {
    const { key, settings } = wanted;
    const lease = this.keeper.keep({ key, token, fencingToken, sentAt }, settings, wanted.askedAt);
    if (lease) return lease;
    throw new LockUnavailableError(messages.answeredTooLate(key, settings.ttl), { key });
  }

  private timedOut({ key, askedAt }: Wanted, token: string, reason: unknown): unknown {
    this.events.emit(() => ({ type: 'timeout', key, token, waitedMs: monotonicNow() - askedAt }));
    return reason;
  }

  private newToken(): string {
    return this.store.processId + randomUUID();
  }
}

/** Settles with the promise, or rejects with the signal's reason as soon as it aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function about(key: string, error: unknown): LockError {
  const cause = error instanceof LockError && error.cause !== undefined ? error.cause : error;
  const wasSent = error instanceof LockUnavailableError ? error.wasSent : undefined;
  return new LockUnavailableError(error instanceof Error ? error.message : messages.refused(error), {
    key,
    cause,
    wasSent,
  });
}
