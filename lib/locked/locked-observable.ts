/**
 * The lock of a method that returns an Observable: each subscription takes it, runs the method, and holds it until the
 * stream completes, fails or is unsubscribed. A lost lock ends the stream with its error (unless `onLost: 'ignore'`).
 */
import { from, isObservable, Observable, of, Subject, takeUntil } from 'rxjs';
import type { ObservableInput, Subscriber } from 'rxjs';
import { monotonicNow } from '../lease/heartbeat.js';
import type { Lock } from '../lock.js';
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
  private lossMatters = true;

  constructor(
    private readonly call: LockedCall,
    private readonly subscriber: Subscriber<unknown>,
  ) {}

  async run(): Promise<void> {
    const { call, subscriber } = this;
    try {
      const { locks } = call;
      const { onLost, ...asked } = call.options();
      this.lossMatters = onLost !== 'ignore';
      const signal = AbortSignal.any([this.cancel.signal, ...(asked.signal ? [asked.signal] : [])]);
      const [keys, options, askedAt] = [call.keys(), { ...asked, signal }, monotonicNow()];
      this.lock = await locks.acquire(keys, options);
      while (!this.lock.isHeld) this.lock = await locks.acquireAgain(this.lock, keys, options, askedAt);
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
    this.cancel.abort();
    this.stopped.next();
    void this.release();
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

  private readonly onLost = (): void => this.subscriber.error(this.lock?.signal.reason);

  private refused(error: unknown): void {
    const { call, subscriber } = this;
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
