/**
 * The rules of a lock store once more, as short as they can be said and with no care for speed: one key, one clock that
 * only the test moves, and grants numbered instead of fenced. Random schedules are played on a store and on this.
 */
import type { KeyState, ReleaseAnswer, StoreTiming } from '../../lib/stores/lock-store.js';

/** An answer with the number of the grant in place of the fencing token. */
export interface ModelAnswer {
  readonly state: 'held' | 'waiting' | 'busy' | 'gone';
  readonly grant?: number;
  readonly expiresIn?: number;
}

export class ModelKey {
  now = 0;
  private grants = 0;
  private last: { token: string; until: number; released: boolean } = { token: '', until: 0, released: true };
  private line: { token: string; until: number }[] = [];

  constructor(private readonly timing: Pick<StoreTiming, 'claimWindow' | 'placeLife'>) {}

  acquire(token: string, ttl: number, wait: boolean): ModelAnswer {
    if (token === this.last.token && this.last.released) return { state: 'gone' };
    const known = token === this.last.token || this.place(token) !== undefined;
    if (!known) this.line.push({ token, until: this.now + this.timing.placeLife });
    const answer = this.touch(token, ttl);
    if (known || wait || answer.state !== 'waiting') return answer;
    this.line = this.line.filter((place) => place.token !== token);
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

  release(token: string): ReleaseAnswer {
    if (token === this.last.token) {
      if (!this.last.released) {
        this.last.released = true;
        this.admitNext();
      }
      return 'released';
    }
    if (this.place(token) === undefined) return 'gone';
    this.line = this.line.filter((place) => place.token !== token);
    return 'released';
  }

  inspect(): Omit<KeyState, 'key' | 'holder' | 'lastFencingToken'> & { holder: string | null; grant: number } {
    this.dropDead();
    return { holder: this.holder(), waiting: this.line.map(({ token }) => token), grant: this.grants };
  }

  private holder(): string | null {
    return !this.last.released && this.last.until > this.now ? this.last.token : null;
  }

  private place(token: string): { until: number } | undefined {
    this.dropDead();
    return this.line.find((place) => place.token === token);
  }

  private dropDead(): void {
    this.line = this.line.filter(({ until }) => until > this.now);
  }

  private admitNext(): void {
    this.dropDead();
    const next = this.line.shift();
    if (next === undefined) return;
    this.grants += 1;
    this.last = { token: next.token, until: this.now + this.timing.claimWindow, released: false };
  }
}
