/**
 * Keeps every lease of a service: renews them by the heartbeat, extends them by hand, gives them back, and tells the
 * world by events. All four ways in which a lease can change (renewal, renewal by hand, release, loss) meet here and in
 * {@link Lease}, whose state only moves forward.
 */
import type { LockEvents } from '../event-stream.js';
import { LockError, LockNotHeldError, LockUnavailableError } from '../lock.errors.js';
import type { LockLostError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LockSettings } from '../lock.settings.js';
import { DEFAULT_TIMING } from '../stores/lock-store.js';
import type { LockStore, ReleaseAnswer, ReleaseRequest } from '../stores/lock-store.js';
import { monotonicNow } from './heartbeat.js';
import type { Heartbeat } from './heartbeat.js';
import { believedUntil, Lease } from './lease.js';
import type { Grant, LeaseObserver } from './lease.js';
import { UnfinishedRelease } from './unfinished-release.js';

export class LeaseKeeper implements LeaseObserver {
  private readonly held = new Set<Lease>();
  /** Releases that are under way. */
  private farewells = 0;
  private onEmpty: (() => void) | undefined;
  private onFarewellsOver: (() => void) | undefined;

  constructor(
    private readonly store: LockStore,
    private readonly heartbeat: Heartbeat,
    private readonly events: LockEvents,
  ) {}

  /** Takes a grant into keeping. `undefined` when its lease ended before the answer came: it is given back then. */
  keep(grant: Grant, settings: LockSettings, askedAt: number): Lease | undefined {
    if (monotonicNow() >= believedUntil(grant.sentAt, settings.ttl)) {
      this.giveBack(grant, settings.ttl);
      return undefined;
    }
    const lease = new Lease(grant, settings, this);
    this.held.add(lease);
    this.heartbeat.add(lease);
    const { key, token, fencingToken } = lease;
    this.events.emit(() => ({ type: 'acquired', key, token, fencingToken, waitedMs: monotonicNow() - askedAt }));
    return lease;
  }

  /** Extends a lease now; see `Lock.renew`. */
  async renew(lease: Lease, ttl = lease.ttl): Promise<void> {
    this.assertHeld(lease);
    const sentAt = monotonicNow();
    lease.expect(ttl, sentAt);
    try {
      const [answer] = await this.store.touch([{ key: lease.key, token: lease.token, kind: lease.kind, ttl }]);
      lease.answered(answer!, sentAt, ttl);
    } catch (error) {
      lease.unanswered(error);
      this.assertHeld(lease);
      throw asLockError(error);
    }
    this.assertHeld(lease);
  }

  /**
   * Gives leases back in one request. Never rejects: the answer is what was lost, when the store says that a lease was
   * gone before its release, and a store that can't be reached is an event.
   */
  async release(leases: readonly Lease[]): Promise<LockLostError | undefined> {
    const given = leases.filter((lease) => lease.beginRelease());
    for (const lease of given) this.forget(lease);
    if (given.length === 0) return undefined;
    const answers = await this.releaseOnce(given);
    given.forEach((lease, i) => {
      if (answers[i] === 'gone') return lease.loseToOthers();
      lease.endRelease();
      const { key, token, fencingToken } = lease;
      const heldMs = monotonicNow() - lease.acquiredAtMonotonic;
      if (answers[i]) this.events.emit(() => ({ type: 'released', key, token, fencingToken, heldMs }));
    });
    return given.find((lease) => lease.lossError)?.lossError;
  }

  /** Makes sure that nothing stays behind of a request whose caller has left; in the background. */
  giveBack(request: Pick<ReleaseRequest, 'key' | 'token'>, ttl: number): void {
    const { key, token } = request;
    void this.releaseOnce([{ key, token, kind: 'exclusive', ttl }]);
  }

  /** Resolves when no lease is held, or when the time is over. */
  async drained(graceTime: number): Promise<void> {
    if (this.held.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceTime);
      timer.unref();
      this.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Takes away what is still held, then waits until every release was sent and answered. */
  async close(cause: (key: string) => LockError): Promise<void> {
    const remaining = [...this.held];
    for (const lease of remaining) lease.lose(messages.takenByShutdown(lease.key), cause(lease.key));
    if (this.farewells > 0) await new Promise<void>((resolve) => (this.onFarewellsOver = resolve));
  }

  renewed({ key, token, fencingToken, ttl }: Lease): void {
    this.events.emit(() => ({ type: 'renewed', key, token, fencingToken, ttl }));
  }

  lost(lease: Lease, error: LockLostError, isGone: boolean): void {
    this.forget(lease);
    // A renewal that was under way may still be carried out, and would lock the key for nobody.
    if (!isGone) this.giveBack(lease, lease.ttl);
    const { key, token, fencingToken } = lease;
    this.events.emit(() => ({ type: 'lost', key, token, fencingToken, error }));
  }

  renewalFailed({ key, token }: Lease, error: unknown): void {
    this.failed(key, token, 'renew', error);
  }

  moved(lease: Lease): void {
    this.heartbeat.moved(lease);
  }

  /** Reports a request that brought no answer. */
  failed(key: string, token: string, during: 'acquire' | 'renew' | 'release', error: unknown): void {
    this.events.emit(() => ({ type: 'failed', key, token, during, error: asLockError(error) }));
  }

  private async releaseOnce(
    requests: readonly (ReleaseRequest & { readonly ttl: number })[],
  ): Promise<readonly (ReleaseAnswer | undefined)[]> {
    this.farewells += 1;
    try {
      return await this.store.release(requests);
    } catch (error) {
      for (const request of requests) {
        const longest = Math.max(request.ttl, DEFAULT_TIMING.placeLife + DEFAULT_TIMING.claimWindow);
        new UnfinishedRelease(request, monotonicNow() + longest, this.store, this.heartbeat);
        this.failed(request.key, request.token, 'release', error);
      }
      return [];
    } finally {
      this.farewells -= 1;
      if (this.farewells === 0) this.onFarewellsOver?.();
    }
  }

  private forget(lease: Lease): void {
    this.heartbeat.remove(lease);
    if (this.held.delete(lease) && this.held.size === 0) this.onEmpty?.();
  }

  private assertHeld(lease: Lease): void {
    const loss = lease.lossError;
    if (loss) throw loss;
    if (lease.isReleased) throw new LockNotHeldError(messages.notHeld(lease.key), { key: lease.key });
  }
}

function asLockError(error: unknown): LockError {
  return error instanceof LockError ? error : new LockUnavailableError(messages.refused(error), { cause: error });
}
