/** The states of a leadership as listeners hear them: the present one first, each in order, when the running code is done. */
import { ReplaySubject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { LeadershipState } from '../lock.leadership.js';
import type { LockEventEmitter } from './event-emitter.js';
import { GuardedStream } from './guarded-stream.js';

export class LeadershipStates {
  readonly stream$: Observable<LeadershipState>;
  private readonly subject = new ReplaySubject<LeadershipState>(1);
  private readonly untold: LeadershipState[] = [];
  /** It may not be told yet. */
  latest: LeadershipState = 'following';

  constructor(private readonly events: LockEventEmitter) {
    this.subject.next(this.latest);
    this.stream$ = new GuardedStream(events.log, (subscriber) => this.subject.subscribe(subscriber));
  }

  /** Told soon; `stopped` is the last. */
  become(state: LeadershipState): void {
    if (state === this.latest || this.latest === 'stopped') return;
    this.latest = state;
    this.untold.push(state);
    this.events.next(this);
  }

  /** Called when the running code is done. */
  announce(): void {
    for (const state of this.untold.splice(0)) {
      this.subject.next(state);
      if (state === 'stopped') this.subject.complete();
    }
  }
}
