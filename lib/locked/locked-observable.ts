/**
 * The lock of a method that returns an Observable: each subscription takes it, runs the method, and holds it until the
 * stream completes, fails or is unsubscribed. A lost lock ends the stream with its error (unless `onLost: 'ignore'`).
 */
import { AsyncResource } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { from, isObservable, Observable, of, Subject, takeUntil } from 'rxjs';
import type { ObservableInput, Subscriber } from 'rxjs';
import { monotonicNow } from '../lease/heartbeat.js';
import type { Lock } from '../lock.js';
import { readSignal } from '../lock.settings.js';
import { assertOutcome, isBusy, isSkipped, outlivingKind, released } from './locked-call.js';
import type { LockedCall } from './locked-call.js';

export function lockObservable(call: LockedCall): Observable<unknown> {
  return new Observable((subscriber) => {
    const section = new Section(call, subscriber);
    void section.run();
    return () => section.stop();
  });
}

class Section {
  private readonly cancel = new AbortController();
  private readonly stopped = new Subject<void>();
  private lock: Lock | undefined;
  private isAsking = true;
  private lossMatters = true;

  constructor(
    private readonly call: LockedCall,
    private readonly subscriber: Subscriber<unknown>,
  ) {}

  async run(): Promise<void> {
    const { call, subscriber } = this;
    try {
      const { locks } = call;
      const { onLost, signal, ...asked } = call.options();
      this.lossMatters = onLost !== 'ignore';
      const options = { ...asked, signal: this.cancel.signal };
      const [keys, askedAt] = [call.keys(), monotonicNow()];
      const forget = this.follow(readSignal(signal));
      try {
        this.lock = await locks.acquire(keys, options);
        while (!this.lock.isHeld) this.lock = await locks.acquireAgain(this.lock, keys, options, askedAt);
      } finally {
        this.isAsking = false;
        forget();
      }
    } catch (error) {
      return this.refused(error);
    }
    if (subscriber.closed) return void this.release();
    const { lock } = this;
    if (this.lossMatters) lock.signal.addEventListener('abort', this.onLost);
    try {
      const outcome = call.locks.run(lock, () => call.body());
      // Without a turn of promises in between, in which the lease could end before the subscription.
      if (outlivingKind(outcome) !== 'observable') await assertOutcome(call, outcome, 'observable');
      call.locks.run(lock, () => this.forward(outcome as ObservableInput<unknown>));
    } catch (error) {
      await this.fail(error);
    }
  }

  /** Unsubscribed, or ended. */
  stop(): void {
    if (this.isAsking) this.cancel.abort();
    this.stopped.next();
    void this.release();
  }

  /**
   * Ends the wait when a signal of the user's does, until it is forgotten. `AbortSignal.any` would do, but Node.js 20 keeps
   * something of every call for as long as that signal lives.
   */
  private follow(signal: AbortSignal | undefined): () => void {
    if (!signal) return () => undefined;
    const onAbort = (): void => this.cancel.abort(signal.reason);
    if (signal.aborted) onAbort();
    // One signal may cancel any number of waits; without this Node.js warns of a leak at the eleventh.
    if (signal instanceof EventTarget) setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort);
    return () => signal.removeEventListener('abort', onAbort);
  }

  private forward(outcome: ObservableInput<unknown>): void {
    const { subscriber } = this;
    from(outcome)
      .pipe(takeUntil(this.stopped))
      .subscribe({
        next: (value) => subscriber.next(value),
        error: (error: unknown) => void this.fail(error),
        complete: () => void this.complete(),
      });
  }

  /** Gives the lock back before the subscriber hears of the end, so that what it does next finds the key free. */
  private async fail(error: unknown): Promise<void> {
    await this.release();
    this.subscriber.error(error);
  }

  private async complete(): Promise<void> {
    const lost = await this.release();
    if (lost && this.lossMatters) this.subscriber.error(lost);
    else this.subscriber.complete();
  }

  /** Answers the error of a lock that was lost. */
  private async release(): Promise<unknown> {
    const { lock } = this;
    this.lock = undefined;
    lock?.signal.removeEventListener('abort', this.onLost);
    return lock && released(lock);
  }

  /** The subscriber hears of it where it has subscribed, as it does of everything else. */
  private readonly onLost = AsyncResource.bind((): void => this.subscriber.error(this.lock?.signal.reason));

  private refused(error: unknown): void {
    const { call, subscriber } = this;
    if (subscriber.closed) return;
    if (isSkipped(call, error)) return subscriber.complete();
    if (typeof call.onBusy !== 'function' || !isBusy(error)) return subscriber.error(error);
    try {
      const instead = call.onBusy(error);
      subscriber.add((isObservable(instead) ? instead : of(instead)).subscribe(subscriber));
    } catch (failure) {
      subscriber.error(failure);
    }
  }
}
