/** The stream behind `LockService.events$`: builds an event only when somebody listens. */
import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { LockEvent } from './lock.events.js';

export class LockEvents {
  private readonly subject = new Subject<LockEvent>();
  readonly stream$: Observable<LockEvent> = this.subject.asObservable();

  emit(build: () => LockEvent): void {
    if (this.subject.observed) this.subject.next(build());
  }

  complete(): void {
    this.subject.complete();
  }
}
