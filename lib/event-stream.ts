/** The stream behind `LockService.events$`. */
import { Subject } from 'rxjs';
import type { Observable, Observer } from 'rxjs';
import type { LockEvent } from './lock.events.js';
import { messages } from './lock.messages.js';

/** Keys that were warned of are remembered, up to so many. */
const MOST_WARNINGS = 1_000;

export class LockEvents {
  private readonly subject = new Subject<LockEvent>();
  readonly stream$: Observable<LockEvent> = this.subject.asObservable();
  private readonly warned = new Set<string>();

  /** Whom to tell what happens; nobody, while nobody listens: `audience?.next({…})` then builds no event. */
  get audience(): Pick<Observer<LockEvent>, 'next'> | undefined {
    return this.subject.observed ? this.subject : undefined;
  }

  /** Warns, once for each key, of a re-entered hold that outlives the section it was entered from. */
  warnOfOutlived(key: string, token: string): void {
    if (!this.audience || this.warned.has(key) || this.warned.size >= MOST_WARNINGS) return;
    this.warned.add(key);
    this.audience.next({
      type: 'warning',
      code: 'reentry-outlived-section',
      key,
      token,
      message: messages.outlived(key),
    });
  }

  complete(): void {
    this.subject.complete();
  }
}
