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
  readonly fencingToken: number | undefined;
  place = -1;
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
    this.fencingToken = request.fencingToken;
    heartbeat.add(this);
  }

  beat(now: number): undefined {
    if (now >= this.until) {
      this.heartbeat.remove(this);
      return;
    }
    // Until the answer, or until there is none.
    this.dueAt = this.until;
    void this.tryAgain();
  }

  /** A successor is not asked for again: it looks after itself. */
  private async tryAgain(): Promise<void> {
    const { key, token, kind, fencingToken } = this;
    try {
      const [answer] = await this.store.release([{ key, token, kind, fencingToken }]);
      if (answer!.error === undefined) return void this.heartbeat.remove(this);
    } catch {
      // It is tried once more.
    }
    this.dueAt = monotonicNow() + RETRY_PAUSE;
    this.heartbeat.moved(this);
  }
}
