/**
 * Keeps every lease of a service: has the heartbeat renew them, extends them by hand, and gives back what nobody wants any
 * more, however often that takes.
 */
import type { LockEvents } from '../event-stream.js';
import { LinkedList } from '../linked-list.js';
import type { LockError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { asLockError, mayBeCarriedOut, wasNeverSent } from '../store-failure.js';
import { DEFAULT_TIMING } from '../stores/lock-store.js';
import type { LockStore, ReleaseAnswer, ReleaseRequest } from '../stores/lock-store.js';
import { monotonicNow } from './heartbeat.js';
import type { Heartbeat } from './heartbeat.js';
import type { Hold } from './hold.js';
import type { Lease } from './lease.js';
import { UnfinishedReleases } from './unfinished-releases.js';

/** What somebody who gives a lease back makes of the answer. */
export type ReadRelease<Outcome> = (answer: ReleaseAnswer) => Outcome;

/** Of whoever gives a lease back and needs no answer. */
export const ignore: ReadRelease<void> = () => undefined;

export class LeaseKeeper {
  private readonly kept = new LinkedList<Lease>();
  private readonly unfinished: UnfinishedReleases;
  /** Releases that are under way. */
  private farewells = 0;
  private onEmpty: (() => void) | undefined;
  private onFarewellsOver: (() => void) | undefined;

  constructor(
    private readonly store: LockStore,
    private readonly heartbeat: Heartbeat,
    private readonly events: LockEvents,
  ) {
    this.unfinished = new UnfinishedReleases(store, heartbeat);
  }

  keep(lease: Lease): void {
    this.kept.push(lease);
    this.heartbeat.add(lease);
  }

  forget(lease: Lease): void {
    if (!this.heartbeat.remove(lease)) return;
    this.kept.remove(lease);
    if (!this.kept.first) this.onEmpty?.();
  }

  /** Asks for a full ttl at once, out of turn, and until it is answered. */
  claim(lease: Lease, ttl: number): void {
    lease.expect(ttl, monotonicNow(), true);
    this.heartbeat.touch([lease]);
  }

  /** Extends the lease of a hold now; see `Lock.renew`. */
  async renew(hold: Hold, ttl = hold.ttl): Promise<void> {
    hold.assertHeld();
    const { lease } = hold;
    const sentAt = monotonicNow();
    lease.expect(ttl, sentAt);
    lease.sent(sentAt, ttl);
    try {
      const [answer] = await this.store.touch([{ key: lease.key, token: lease.token, kind: lease.kind, ttl }]);
      if (answer!.state === 'unknown') throw answer!.error;
      lease.answered(answer!, sentAt, ttl);
    } catch (error) {
      lease.unanswered(error, sentAt, ttl);
      hold.assertHeld();
      throw asLockError(lease.key, error);
    }
    hold.assertHeld();
  }

  /**
   * Sends a release, and answers what `read` makes of the answer. Never rejects: a store that can't be reached is an
   * event, and the release goes on in the background until nothing of the lease can be left. `isInDoubt`: a request for the
   * token may still be carried out, behind the release.
   */
  release<Outcome>(
    request: ReleaseRequest,
    ttl: number,
    read: ReadRelease<Outcome>,
    isInDoubt = false,
  ): Promise<Outcome> {
    this.farewells += 1;
    return this.store.release([request]).then(
      ([answer]) => read(this.released(request, ttl, answer!, isInDoubt)),
      (error: unknown) => {
        const answer: ReleaseAnswer = { state: 'unknown', error: asLockError(request.key, error) };
        return read(this.released(request, ttl, answer, isInDoubt));
      },
    );
  }

  /** Makes sure that nothing stays behind of a request whose caller has left; in the background. */
  giveBack(key: string, token: string, ttl: number, isInDoubt = false): Promise<void> {
    return this.release({ key, token, kind: 'exclusive' }, ttl, ignore, isInDoubt);
  }

  /** As {@link giveBack}, after a request for the token that brought no answer. */
  takeBack(key: string, token: string, ttl: number, error: unknown): void {
    if (!wasNeverSent(error)) void this.giveBack(key, token, ttl, mayBeCarriedOut(error));
  }

  /** The store has carried out something late: what is to be taken back is tried again at once. */
  hurry(): void {
    this.unfinished.hurry();
  }

  /** Tells whoever listens to the signal of a hold, where it is lost. */
  announce(hold: Hold): void {
    if (hold.isUntold) this.events.outside.run(() => hold.announce());
  }

  /** A hold was entered again, by whoever has it still though the section it was entered from has ended. */
  outlived({ key, token }: Hold): void {
    this.events.warnOfOutlived(key, token);
  }

  /** Resolves when no lease is held, or when the time is over. */
  async drained(graceTime: number): Promise<void> {
    if (!this.kept.first) return;
    await new Promise<void>((resolve) => {
      const timer = this.events.outside.run(() => setTimeout(resolve, graceTime));
      this.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Takes away what is still held, then waits until every release was sent and answered, those of before included. */
  async close(cause: (key: string) => LockError): Promise<void> {
    const tried = this.unfinished.close();
    const remaining = [...this.kept];
    for (const lease of remaining) lease.lose(messages.takenByShutdown(lease.key), cause(lease.key));
    if (this.farewells > 0) await new Promise<void>((resolve) => (this.onFarewellsOver = resolve));
    await tried;
  }

  /** A lease's due time has changed. */
  moved(lease: Lease): void {
    this.heartbeat.moved(lease);
  }

  private released(request: ReleaseRequest, ttl: number, answer: ReleaseAnswer, isInDoubt: boolean): ReleaseAnswer {
    this.farewells -= 1;
    const { state, error } = answer;
    const doubt = answer.isInDoubt ? 'twice' : isInDoubt ? 'once' : 'none';
    if (error !== undefined || doubt === 'twice' || (doubt === 'once' && state !== 'released')) {
      const longest = Math.max(ttl, DEFAULT_TIMING.placeLife + DEFAULT_TIMING.claimWindow);
      this.unfinished.add({ request, longest, doubt }, answer);
    }
    if (error !== undefined) this.failed(request.key, request.token, 'release', error);
    if (this.farewells === 0) this.onFarewellsOver?.();
    return answer;
  }

  /** Reports a request that brought no answer. */
  failed(key: string, token: string, during: 'acquire' | 'renew' | 'release', error: unknown): void {
    this.events.audience?.next({ type: 'failed', key, token, during, error: asLockError(key, error) });
  }
}
