/**
 * The rules of a lock store once more, as short as they can be said and with no care for speed: one key, one clock that
 * only the test moves, and grants numbered instead of fenced. Random schedules are played on a store and on this.
 */
import { FENCE_BLOCK } from '../../../stores/protocol.js';
import type { KeyState, StoreTiming } from '../../../stores/lock-store.js';

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
  readonly successor?: { readonly token: string; readonly ttl: number } | undefined;
}

export class ModelKey {
  now = 0;
  /** For each finished grant how many fencing tokens beyond its first may have been used. */
  readonly used = new Map<number, number>();
  private grants = 0;
  private last: { token: string; until: number; released: boolean } = { token: '', until: 0, released: true };
  private queue: { token: string; until: number }[] = [];
  /** Tokens that gave the key back, or left the queue: whatever else is asked for them, they are gone for good. */
  private readonly finished = new Set<string>();

  constructor(private readonly timing: Pick<StoreTiming, 'claimWindow' | 'placeLife'>) {}

  acquire(token: string, ttl: number, wait: boolean): ModelAnswer {
    if (this.finished.has(token)) return { state: 'gone' };
    const known = token === this.last.token || this.place(token) !== undefined;
    if (!known) this.queue.push({ token, until: this.now + this.timing.placeLife });
    const answer = this.touch(token, ttl);
    if (known || wait || answer.state !== 'waiting') return answer;
    this.queue = this.queue.filter((place) => place.token !== token);
    return { ...answer, state: 'busy' };
  }

  touch(token: string, ttl: number): ModelAnswer {
    const { last } = this;
    if (token === last.token && !last.released) last.until = this.now + ttl;
    const place = this.place(token);
    if (place !== undefined) {
      place.until = this.now + this.timing.placeLife;
      if (this.holder() === null) this.admitNext();
      if (this.last.token === token) this.last.until = this.now + ttl;
    }
    if (this.holder() === token) return { state: 'held', grant: this.grants };
    if (place === undefined) return { state: 'gone' };
    return { state: 'waiting', expiresIn: this.last.until - this.now };
  }

  release(token: string, { used, successor }: ModelPass = {}): ModelRelease {
    const state = this.leave(token, used, successor);
    if (!successor) return { state };
    return { state, successor: this.stand(successor.token, successor.ttl) };
  }

  inspect(): Pick<KeyState, 'waiting'> & { holder: string | null; grant: number; used: number } {
    this.dropDead();
    const { grants: grant, last } = this;
    const used = last.released ? (this.used.get(grant) ?? 0) : 0;
    return { holder: this.holder(), waiting: this.queue.map(({ token }) => token), grant, used };
  }

  /** What a token has, kept as a touch keeps it; but no waiter comes in by it. */
  private stand(token: string, ttl: number): ModelAnswer {
    if (this.owns(token) || this.place(token) === undefined) return this.touch(token, ttl);
    this.place(token)!.until = this.now + this.timing.placeLife;
    return { state: 'waiting', expiresIn: Math.max(0, this.last.until - this.now) };
  }

  /** What says how much was used is about a lease: a place in the queue is lost by it, but was no lease. */
  private leave(token: string, used: number | undefined, successor: ModelPass['successor']): 'released' | 'gone' {
    if (token !== this.last.token) {
      const waited = this.place(token) !== undefined;
      this.queue = this.queue.filter((place) => place.token !== token);
      if (waited) this.finished.add(token);
      return waited && used === undefined ? 'released' : 'gone';
    }
    if (!this.last.released) {
      this.last.released = true;
      this.finished.add(token);
      this.used.set(this.grants, used ?? 0);
      if (successor) this.queue.push({ token: successor.token, until: this.now + this.timing.placeLife });
      this.admitNext();
    }
    return 'released';
  }

  /** Whether the lease is the token's to give back, be it expired. */
  owns(token: string): boolean {
    return this.last.token === token && !this.last.released;
  }

  /** Whether a token has the lease, be it expired, or waits for it. */
  knows(token: string): boolean {
    return this.owns(token) || this.place(token) !== undefined;
  }

  private holder(): string | null {
    return !this.last.released && this.last.until > this.now ? this.last.token : null;
  }

  private place(token: string): { until: number } | undefined {
    this.dropDead();
    return this.queue.find((place) => place.token === token);
  }

  private dropDead(): void {
    this.queue = this.queue.filter(({ until }) => until > this.now);
  }

  private admitNext(): void {
    this.dropDead();
    const next = this.queue.shift();
    if (next === undefined) return;
    if (!this.last.released) this.used.set(this.grants, FENCE_BLOCK - 1);
    this.grants += 1;
    this.last = { token: next.token, until: this.now + this.timing.claimWindow, released: false };
  }
}
