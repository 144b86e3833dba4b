/**
 * The lock of a method that returns an Observable: each subscription takes it, runs the method, and holds it until the
 * stream completes, fails or is unsubscribed. A lost lock ends the stream with its error (unless `onLost: 'ignore'`).
 */
import { AsyncResource } from 'node:async_hooks';
import { from, isObservable, Observable, of, Subject, takeUntil } from 'rxjs';
import type { ObservableInput, Subscriber } from 'rxjs';
import type { Lock } from '../lock.js';
import { readSignal } from '../core/settings.js';
import { assertOutcome, isBusy, isSkipped, outlivingKind } from './locked-call.js';
import type { LockedCall } from './locked-call.js';
import { assertLock } from './mocked-service.js';

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
      const [keys, askedAt] = [call.keys(), performance.now()];
      const forget = this.follow(readSignal(signal));
      try {
        const lock = await locks.acquire(keys, options);
        assertLock(call, lock);
        this.lock = lock;
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
      // No `await` where all is well: the lease could end during it, before the subscription.
      if (outlivingKind(outcome) !== 'observable') await assertOutcome(call, outcome, 'observable');
      call.locks.run(lock, () => this.forward(outcome as ObservableInput<unknown>));
    } catch (error) {
      await this.fail(error);
    }
  }

  /** Called when the subscriber leaves, or the stream has ended. */
  stop(): void {
    if (this.isAsking) this.cancel.abort();
    this.stopped.next();
    void this.release();
  }

  /**
   * Cancels the wait when the user's signal aborts, until the returned function is called. `AbortSignal.any` would do,
   * but Node.js 20 retains something of every call for as long as that signal lives.
   */
  private follow(signal: AbortSignal | undefined): () => void {
    if (!signal) return () => undefined;
    const onAbort = (): void => this.cancel.abort(signal.reason);
    if (signal.aborted) onAbort();
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

  /**
   * Gives the lock back before the subscriber hears of the end, so that what the subscriber does next
   * finds the key free.
   */
  private async fail(error: unknown): Promise<void> {
    await this.release();
    this.subscriber.error(error);
  }

  private async complete(): Promise<void> {
    const lost = await this.release();
    if (lost && this.lossMatters) this.subscriber.error(lost);
    else this.subscriber.complete();
  }

  /** Gives the lock back; answers its error where it was lost. */
  private async release(): Promise<unknown> {
    const { lock } = this;
    this.lock = undefined;
    lock?.signal.removeEventListener('abort', this.onLost);
    return lock && this.call.locks.giveBack(lock);
  }

  /** Bound to the async context of the subscription, in which the subscriber hears of everything else. */
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
