/**
 * A release that brought no answer. The lease may still stand, or a grant may be on its way to a caller who has left; so
 * the release is repeated on the heartbeat until it is answered, or until the server has ended the lease by itself.
 */
import type { ReleaseRequest, LockStore } from '../stores/lock-store.js';
import { monotonicNow } from './heartbeat.js';
import type { Beat, Heartbeat } from './heartbeat.js';

const RETRY_PAUSE = 500;

export class UnfinishedRelease implements Beat {
  readonly key: string;
  readonly token: string;
  readonly kind: ReleaseRequest['kind'];
  readonly ttl = 0;
  dueAt = monotonicNow() + RETRY_PAUSE;

  constructor(
    request: ReleaseRequest,
    /** Monotonic time after which nothing of the lease can be left on the server. */
    private readonly until: number,
    private readonly store: LockStore,
    private readonly heartbeat: Heartbeat,
  ) {
    this.key = request.key;
    this.token = request.token;
    this.kind = request.kind;
    heartbeat.add(this);
  }

  beat(now: number): boolean {
    if (now >= this.until) {
      this.heartbeat.remove(this);
      return false;
    }
    // Until the answer, or until there is none.
    this.dueAt = this.until;
    this.store.release([this]).then(
      () => this.heartbeat.remove(this),
      () => {
        this.dueAt = monotonicNow() + RETRY_PAUSE;
        this.heartbeat.moved(this);
      },
    );
    return false;
  }

  answered(): void {}

  unanswered(): void {}
}
