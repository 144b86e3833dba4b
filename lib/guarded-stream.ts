/**
 * An Observable whose listeners may throw. What a listener throws RxJS makes an uncaught exception, which ends the
 * process, and every running section with it, because of a meter or a log line. Here it is logged, and the listener goes
 * on hearing.
 */
import { Logger } from '@nestjs/common';
import { config, Observable, Subscriber } from 'rxjs';
import type { Observer, Operator, Subscription } from 'rxjs';

type Next<T> = (value: T) => unknown;

/** Tells of an error that a listener has thrown: whomever RxJS is told to tell, or else the log. Never throws. */
export function reportListenerError(error: unknown): void {
  try {
    if (config.onUnhandledError) config.onUnhandledError(error);
    else
      new Logger('DistributedLockModule').error(
        'A listener of events$ failed',
        (error as Error | null)?.stack ?? error,
      );
  } catch {
    // There is nobody left to tell.
  }
}

export class GuardedStream<T> extends Observable<T> {
  /** What operators make of the stream is guarded as well. */
  override lift<Result>(operator?: Operator<T, Result>): Observable<Result> {
    const lifted = new GuardedStream<Result>();
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
    // An operator, which hands on what it is told.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const told = typeof observer === 'object' && observer !== null ? observer : { next: observer, error, complete };
    return super.subscribe({
      next: (value) => guarded(() => told.next?.(value)),
      error: (failure: unknown) => {
        if (told.error) guarded(() => told.error?.(failure));
        else reportListenerError(failure);
      },
      complete: () => guarded(() => told.complete?.()),
    });
  }
}

/** An `async` listener fails later. */
function guarded(listen: () => unknown): void {
  try {
    const outcome = listen();
    if (outcome instanceof Promise) outcome.catch(reportListenerError);
  } catch (error) {
    reportListenerError(error);
  }
}
