/** The stream behind `LockService.events$`. */
import { Subject } from 'rxjs';
import type { Observable, Observer } from 'rxjs';
import type { LockEvent } from './lock.events.js';

export class LockEvents {
  private readonly subject = new Subject<LockEvent>();
  readonly stream$: Observable<LockEvent> = this.subject.asObservable();

  /** Whom to tell what happens; nobody, while nobody listens: `audience?.next({…})` then builds no event. */
  get audience(): Pick<Observer<LockEvent>, 'next'> | undefined {
    return this.subject.observed ? this.subject : undefined;
  }

  complete(): void {
    this.subject.complete();
  }
}
