/**
 * An Observable whose listeners may throw. RxJS makes what a listener throws an uncaught exception, which would end the
 * process, and every running section with it, because of a metric or a log line. Here it is logged, and the listener
 * goes on hearing.
 */
import { config, Observable, Subscriber } from 'rxjs';
import type { Observer, Operator, Subscription, TeardownLogic } from 'rxjs';

type Next<T> = (value: T) => unknown;

/** Writes an error down that a listener has thrown. */
export type ErrorLog = (error: unknown) => void;

/** Reports an error that a listener has thrown: as RxJS is told to, or else to the log. Never throws. */
export function reportListenerError(error: unknown, log: ErrorLog): void {
  try {
    (config.onUnhandledError ?? log)(error);
  } catch {
    // The report has failed as well, and there is no other place for it.
  }
}

export class GuardedStream<T> extends Observable<T> {
  /** @param log - where errors of listeners are written down. */
  constructor(
    private readonly log: ErrorLog,
    subscribe?: (this: Observable<T>, subscriber: Subscriber<T>) => TeardownLogic,
  ) {
    super(subscribe);
  }

  /** What operators make of the stream is guarded as well. */
  override lift<Result>(operator?: Operator<T, Result>): Observable<Result> {
    const lifted = new GuardedStream<Result>(this.log);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(observerOrNext?: Partial<Observer<T>> | Next<T> | null): Subscription;
  override subscribe(
    next?: Next<T> | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observer?: Partial<Observer<T>> | Next<T> | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator hands on what it gets; the listener behind it is guarded.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const told = typeof observer === 'object' && observer !== null ? observer : { next: observer, error, complete };
    return super.subscribe({
      next: (value) => this.guarded(() => told.next?.(value)),
      error: (failure: unknown) => {
        if (told.error) this.guarded(() => told.error?.(failure));
        else reportListenerError(failure, this.log);
      },
      complete: () => this.guarded(() => told.complete?.()),
    });
  }

  /** Reports what a listener throws; an `async` one fails later. */
  private guarded(listen: () => unknown): void {
    const report = (error: unknown): void => reportListenerError(error, this.log);
    try {
      const outcome = listen();
      if (outcome instanceof Promise) outcome.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
