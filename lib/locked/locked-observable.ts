/**
 * The lock of a method that returns an Observable: each subscription takes it, runs the method, and holds it until the
 * stream completes, fails or is unsubscribed. A lost lock ends the stream with its error (unless `onLost: 'ignore'`).
 */
import { from, isObservable, Observable, of } from 'rxjs';
import type { ObservableInput, Subscriber, Subscription } from 'rxjs';
import type { Lock } from '../lock.js';
import { assertOutcome, isBusy } from './locked-call.js';
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
  private lock: Lock | undefined;
  private body: Subscription | undefined;

  constructor(
    private readonly call: LockedCall,
    private readonly subscriber: Subscriber<unknown>,
  ) {}

  async run(): Promise<void> {
    const { call, subscriber } = this;
    let lock: Lock;
    try {
      const options = call.options();
      const signal = options.signal ? AbortSignal.any([options.signal, this.cancel.signal]) : this.cancel.signal;
      lock = await call.locks.acquire(call.keys(), { ...options, signal });
    } catch (error) {
      this.refused(error);
      return;
    }
    this.lock = lock;
    if (subscriber.closed) return void this.release();
    if (call.options().onLost !== 'ignore') lock.signal.addEventListener('abort', this.onLost);
    try {
      this.body = call.locks.run(lock, () => this.subscribe());
    } catch (error) {
      await this.fail(error);
    }
    // A stream that ended while it was being subscribed to.
    if (subscriber.closed) this.body?.unsubscribe();
  }

  /** Unsubscribed, or ended. */
  stop(): void {
    this.cancel.abort();
    this.body?.unsubscribe();
    void this.release();
  }

  private subscribe(): Subscription {
    const { call, subscriber } = this;
    const outcome = call.body();
    assertOutcome(call, outcome, 'observable');
    return from(outcome as ObservableInput<unknown>).subscribe({
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
    if (lost && this.call.options().onLost !== 'ignore') this.subscriber.error(lost);
    else this.subscriber.complete();
  }

  /** Answers the error of a lock that was lost. */
  private async release(): Promise<unknown> {
    const { lock } = this;
    this.lock = undefined;
    lock?.signal.removeEventListener('abort', this.onLost);
    try {
      await lock?.release();
      return undefined;
    } catch (lost) {
      return lost;
    }
  }

  private readonly onLost = (): void => {
    this.body?.unsubscribe();
    this.subscriber.error(this.lock?.signal.reason);
  };

  private refused(error: unknown): void {
    const { call, subscriber } = this;
    if (!isBusy(error) || call.onBusy === 'throw') return subscriber.error(error);
    if (call.onBusy === 'skip') return subscriber.complete();
    try {
      const instead = call.onBusy(error);
      subscriber.add((isObservable(instead) ? instead : of(instead)).subscribe(subscriber));
    } catch (failure) {
      subscriber.error(failure);
    }
  }
}
