/**
 * The rules of a lock store once more, as short as they can be said and with no care for speed: one key, one clock that
 * only the test moves, and grants numbered instead of fenced. Random schedules are played on a store and on this.
 */
import { admits, occupancyOf } from '../../../core/admission.js';
import { FENCE_BLOCK, SHARED_FENCE_BLOCK } from '../../../stores/protocol.js';
import type { KeyState, LeaseShare, StoreTiming } from '../../../stores/lock-store.js';

/** An answer with the number of the grant in place of the fencing token. */
export interface ModelAnswer {
  readonly state: 'held' | 'waiting' | 'busy' | 'gone';
  readonly grant?: number;
  readonly expiresIn?: number;
}

/** A release's answer, likewise. */
interface ModelRelease {
  readonly state: 'released' | 'gone';
  readonly successor?: ModelAnswer;
}

/** What else a release may say: how many fencing tokens beyond the first were used, and which token is to follow. */
interface ModelPass {
  readonly used?: number | undefined;
  readonly successor?: (LeaseShare & { readonly token: string; readonly ttl: number }) | undefined;
}

/** A token in the queue, or one that holds the key. */
interface Place extends LeaseShare {
  readonly token: string;
  until: number;
}

interface ModelHolder extends Place {
  readonly grant: number;
}

interface ModelState extends Pick<KeyState, 'waiting'> {
  readonly holders: readonly ModelHolder[];
  /** The latest grant, and how many fencing tokens beyond its first are on record: one of these. */
  readonly grant: number;
  readonly used: readonly number[];
}

export class ModelKey {
  now = 0;
  /** For each grant how many fencing tokens beyond its first may have been used, where others may follow it. */
  readonly used = new Map<number, number>();
  private grants = 0;
  /** In the order of their grants. One that shares with no other stays when its lease ends, until another is granted. */
  private holders: ModelHolder[] = [];
  private queue: Place[] = [];
  /** The holder that waits for another share than it has. */
  private wish: (LeaseShare & { readonly token: string }) | undefined = undefined;
  /** Tokens that gave the key back, or left the queue: whatever else is asked for them, they are gone for good. */
  private readonly finished = new Set<string>();
  /** Tokens whose lease has ended beside others: a store may know them or not. */
  private readonly lapsed = new Set<string>();
  /** The last to give the key back, until the next grant. */
  private lastReleased = '';
  /** Whether the last lease that shared the key has ended by itself, which the store may not have noticed. */
  private isUnnoticed = false;

  constructor(private readonly timing: Pick<StoreTiming, 'claimWindow' | 'placeLife'>) {}

  /** The same state, to try something on. */
  copy(): ModelKey {
    return Object.assign(new ModelKey(this.timing), structuredClone({ ...this }));
  }

  acquire(token: string, ttl: number, wait: boolean, { limit, weight }: LeaseShare): ModelAnswer {
    if (this.finished.has(token)) return { state: 'gone' };
    const isKnown = this.knows(token);
    if (!isKnown) this.queue.push({ token, limit, weight, until: this.now + this.timing.placeLife });
    const answer = this.touch(token, ttl);
    if (isKnown || wait || answer.state !== 'waiting') return answer;
    this.queue = this.queue.filter((place) => place.token !== token);
    return { ...answer, state: 'busy' };
  }

  touch(token: string, ttl: number): ModelAnswer {
    if (!this.knows(token)) return { state: 'gone' };
    this.stand(token, ttl);
    this.admitQueue();
    return this.stand(token, ttl);
  }

  release(token: string, { used, successor }: ModelPass = {}): ModelRelease {
    const state = this.leave(token, used, successor);
    if (!successor) return { state };
    return { state, successor: this.stand(successor.token, successor.ttl) };
  }

  convert(token: string, ttl: number, wait: boolean, { limit, weight }: LeaseShare): ModelAnswer {
    const holder = this.holder(token);
    if (!holder) return { state: 'gone' };
    holder.until = this.now + ttl;
    const isSame = limit === holder.limit && weight === holder.weight;
    if (!isSame) {
      if (this.wish && this.wish.token !== token) return { state: 'busy', expiresIn: this.expiresIn() };
      if (!admits(occupancyOf(this.living().filter((other) => other !== holder)), { limit, weight })) {
        if (wait) this.wish = { token, limit, weight };
        return { state: wait ? 'waiting' : 'busy', expiresIn: this.expiresIn() };
      }
      this.holders = this.holders.filter((other) => other !== holder);
      if (limit < holder.limit) this.enter({ ...holder, limit, weight });
      else this.holders = inOrder([...this.holders, { ...holder, limit, weight }]);
      // A lease that had the longer block goes on with the shorter one.
      if (limit > 1) this.used.set(this.holder(token)!.grant, SHARED_FENCE_BLOCK - 1);
    }
    if (this.wish?.token === token) this.wish = undefined;
    this.admitQueue();
    return this.stand(token, ttl);
  }

  inspect(): ModelState {
    this.dropDead();
    const { grants: grant, isUnnoticed } = this;
    const used = this.holders.length > 0 ? 0 : (this.used.get(grant) ?? 0);
    const waiting = this.queue.map(({ token }) => token);
    return { holders: this.living(), waiting, grant, used: isUnnoticed ? [0, used] : [used] };
  }

  /** Whether the lease is the token's to give back, be it expired. */
  owns(token: string): boolean {
    return this.holder(token) !== undefined;
  }

  /** Whether a token has the lease, be it expired, or waits for it. */
  knows(token: string): boolean {
    return this.owns(token) || this.queue.some((place) => place.token === token);
  }

  /** Whether a token gave the key back, or left the queue. */
  hasLeft(token: string): boolean {
    return this.finished.has(token);
  }

  /** Whether a token held the key beside others until its lease ended. It may be taken for a newcomer, or be gone. */
  hasLapsed(token: string): boolean {
    return !this.knows(token) && this.lapsed.has(token);
  }

  /** What a token has, kept as a touch keeps it; but no waiter comes in by it. */
  private stand(token: string, ttl: number): ModelAnswer {
    const holder = this.holder(token);
    if (holder) {
      holder.until = this.now + ttl;
      return { state: 'held', grant: holder.grant };
    }
    const place = this.queue.find((each) => each.token === token);
    if (!place) return { state: 'gone' };
    place.until = this.now + this.timing.placeLife;
    return { state: 'waiting', expiresIn: this.expiresIn() };
  }

  /** What says how much was used is about a lease: a place in the queue is lost by it, but was no lease. */
  private leave(token: string, used: number | undefined, successor: ModelPass['successor']): 'released' | 'gone' {
    const holder = this.holder(token);
    if (!holder) return this.leaveQueue(token) ? (used === undefined ? 'released' : 'gone') : this.answerAgain(token);
    this.holders = this.holders.filter((other) => other !== holder);
    this.finished.add(token);
    this.lastReleased = token;
    if (holder.limit === 1) this.used.set(holder.grant, used ?? 0);
    if (this.wish?.token === token) this.wish = undefined;
    const isFirst = this.queue.length === 0;
    if (!isFirst) this.admitQueue();
    if (successor) this.queue.push({ ...successor, until: this.now + this.timing.placeLife });
    if (isFirst) this.admitQueue();
    return 'released';
  }

  private leaveQueue(token: string): boolean {
    if (!this.knows(token)) return false;
    this.queue = this.queue.filter((place) => place.token !== token);
    this.finished.add(token);
    // An expired lease of a holder that shares with no other may still be extended.
    if (!this.holders.some(({ limit }) => limit === 1)) this.admitQueue();
    return true;
  }

  private answerAgain(token: string): 'released' | 'gone' {
    return token === this.lastReleased ? 'released' : 'gone';
  }

  private holder(token: string): ModelHolder | undefined {
    this.dropDead();
    return this.holders.find((holder) => holder.token === token);
  }

  private living(): ModelHolder[] {
    return this.holders.filter(({ until }) => until > this.now);
  }

  private expiresIn(): number {
    const ends = this.living().map(({ until }) => until);
    return ends.length > 0 ? Math.min(...ends) - this.now : 0;
  }

  private dropDead(): void {
    const dead = this.holders.filter(({ limit, until }) => limit > 1 && until <= this.now);
    for (const { token } of dead) this.lapsed.add(token);
    this.holders = this.holders.filter((holder) => !dead.includes(holder));
    this.queue = this.queue.filter(({ until }) => until > this.now);
    if (dead.some(({ token }) => token === this.wish?.token)) this.wish = undefined;
    if (dead.length > 0 && this.holders.length === 0) this.isUnnoticed = true;
  }

  /** Lets in who may come in: in order, as many as fit, and nobody while a holder waits for another share. */
  private admitQueue(): void {
    this.dropDead();
    for (
      let next = this.queue[0];
      next && !this.wish && admits(occupancyOf(this.living()), next);
      next = this.queue[0]
    ) {
      this.queue.shift();
      this.enter({ ...next, until: this.now + this.timing.claimWindow });
    }
  }

  private enter(place: Place): void {
    // Only a lease that has ended can be in the way of a grant and still be on record.
    for (const { grant, until } of this.holders) if (until <= this.now) this.used.set(grant, FENCE_BLOCK - 1);
    this.grants += 1;
    if (place.limit > 1) this.used.set(this.grants, SHARED_FENCE_BLOCK - 1);
    this.holders = [...this.living(), { ...place, grant: this.grants }];
    this.lastReleased = '';
    this.isUnnoticed = false;
  }
}

function inOrder(holders: ModelHolder[]): ModelHolder[] {
  return holders.sort((a, b) => a.grant - b.grant);
}
