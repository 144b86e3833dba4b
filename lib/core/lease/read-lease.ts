/**
 * A lease that the readers of this process share. Readers that come within the hand-off time after its grant join it
 * without a round trip, each with the next fencing token of its block; later ones ask the server like anybody else, as a
 * writer may be waiting there. The last reader out gives it back; when it is lost, it is lost for all.
 */
import { LockBusyError } from '../../lock.errors.js';
import type { LockLostError } from '../../lock.errors.js';
import { SHARED_FENCE_BLOCK } from '../../stores/protocol.js';
import type { LockSettings } from '../settings.js';
import { shareMessages } from '../share.messages.js';
import { fits } from './hand-off.js';
import { HeldLease, NOTHING_LOST } from './held-lease.js';
import type { Asked, Candidate } from './held-lease.js';
import { Holder } from './holder.js';

export class ReadLease extends HeldLease {
  private readonly readers = new Set<Holder>();
  /** Whether it was converted, so that no reader may join it any more. */
  private isConverted = false;

  get isTaken(): boolean {
    return this.readers.size > 0;
  }

  get heldSince(): number | undefined {
    for (const { since } of this.readers) return since;
    return undefined;
  }

  /** Whether a reader may join it now. */
  isOpen(settings: LockSettings, now: number): boolean {
    const { budget } = this.candidates.tools;
    if (this.handOffs + 1 >= Math.min(SHARED_FENCE_BLOCK, budget.count + 1)) return false;
    if (now - this.grantedAt >= budget.time || this.isConverted || this.wish) return false;
    return this.isProven && this.isTaken && !this.isOver && fits(this, settings, now);
  }

  /** Lets a reader in that is not in the queue. */
  join(candidate: Candidate, now: number): void {
    this.keepFor(this.settings, now);
    this.watchAgain();
    this.admit(candidate, now);
  }

  /** All that wait begin at once; see `PassedLease.start`. */
  start(asked: Asked, now: number): void {
    this.how = asked.how;
    const { ttl } = this.settings;
    const isFitting = asked.ttl === undefined || (asked.ttl === ttl && asked.isWhole);
    if (isFitting) this.begin(now);
    if (!isFitting || asked.ttl === undefined) this.claim(ttl);
  }

  release(holder: Holder): Promise<LockLostError | undefined> {
    if (!holder.end(performance.now())) return Promise.resolve(holder.lossError);
    this.readers.delete(holder);
    if (this.readers.size === 0) return this.giveBackOf(holder);
    this.wish?.ring();
    this.tellGone(holder, 'released');
    return NOTHING_LOST;
  }

  override renumber(fencingToken: number, holder: Holder): void {
    super.renumber(fencingToken, holder);
    this.isConverted = true;
  }

  /** What one reader asks for must not cut short the lease of the others. */
  override renew(holder: Holder, ttl?: number): Promise<void> {
    return super.renew(holder, ttl === undefined || this.isAlone ? ttl : Math.max(ttl, this.ttl));
  }

  holders(): Iterable<Holder> {
    return this.readers;
  }

  get isAlone(): boolean {
    return this.readers.size === 1;
  }

  override checkDetachable(holder: Holder): void {
    super.checkDetachable(holder);
    const { key } = holder;
    if (this.readers.size > 1) throw new LockBusyError(shareMessages.sharedHere(key, this.readers.size - 1), { key });
  }

  protected takeHolders(): readonly Holder[] {
    const holders = [...this.readers];
    this.readers.clear();
    return holders;
  }

  protected renewed(): void {
    this.answeredRenewal();
    if (this.isTaken) for (const holder of this.readers) this.tellRenewed(holder);
    else if (!this.isClaiming) this.begin(performance.now());
  }

  private begin(now: number): void {
    this.keepFor(this.settings, now);
    this.watchAgain();
    const { candidates } = this;
    while (candidates.next && this.handOffs + 1 < SHARED_FENCE_BLOCK) {
      this.admit(candidates.takeNext(), now);
    }
    if (this.readers.size === 0) this.giveUp();
  }

  private admit(candidate: Candidate, now: number): void {
    this.handOffs += 1;
    const holder = new Holder(this, this.handOffs, candidate, now, this.how);
    this.how = 'handed-on';
    this.readers.add(holder);
    this.tellAcquired(holder);
    candidate.succeed(holder);
  }
}
