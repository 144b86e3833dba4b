/**
 * The one periodic task of a store. Whoever must act at some time (a lease: renew, or notice its end; a waiter: keep its
 * place, or give up) is a beat with a due time; one timer waits for the earliest of them, and what is due together is
 * sent together. Without beats there is no timer, and the timer never keeps the process alive.
 */
import type { LockStore, StoreAnswer, TouchRequest } from '../stores/lock-store.js';

/** Somebody who must act at a certain time. */
export interface Beat extends TouchRequest {
  /** Monotonic time, see {@link monotonicNow}, at which {@link beat} must be called. */
  readonly dueAt: number;
  /** From when on {@link beat} may be called along with others; by default not before it is due. */
  readonly mayAt?: number;
  /** Acts, and moves {@link dueAt} on. Answers whether a touch is to be sent. */
  beat(now: number): boolean;
  /** The store's answer to a touch that was sent at `sentAt` and asked for `ttl` milliseconds. */
  answered(answer: StoreAnswer, sentAt: number, ttl: number): void;
  /** A touch brought no answer; nothing is known. */
  unanswered(error: unknown): void;
}

/** Milliseconds of a clock that is never set. */
export function monotonicNow(): number {
  return performance.now();
}

/** The longest that a Node timer can wait is 2^31 - 1 ms. */
const LONGEST_TIMER = 2_147_483_647;

export class Heartbeat {
  private readonly beats = new Set<Beat>();
  private timer: NodeJS.Timeout | undefined;
  private timerDueAt = Infinity;

  constructor(private readonly store: LockStore) {}

  add(beat: Beat): void {
    this.beats.add(beat);
    this.moved(beat);
  }

  remove(beat: Beat): void {
    if (this.beats.delete(beat) && this.beats.size === 0) this.disarm();
  }

  /** Forgets everybody. */
  stop(): void {
    this.beats.clear();
    this.disarm();
  }

  /** Tells that a beat is now due earlier than it was. */
  moved(beat: Beat): void {
    if (beat.dueAt < this.timerDueAt && this.beats.has(beat)) this.arm(beat.dueAt);
  }

  /** Sends touches now, in concurrent chunks; what goes wrong with one chunk touches no other. */
  touch(beats: readonly Beat[]): void {
    const { maxListLength } = this.store;
    for (let i = 0; i < beats.length; i += maxListLength) void this.touchChunk(beats.slice(i, i + maxListLength));
  }

  private async touchChunk(beats: readonly Beat[]): Promise<void> {
    const requests = beats.map(({ key, token, kind, ttl }) => ({ key, token, kind, ttl }));
    const sentAt = monotonicNow();
    try {
      const answers = await this.store.touch(requests);
      beats.forEach((beat, i) => beat.answered(answers[i]!, sentAt, requests[i]!.ttl));
    } catch (error) {
      beats.forEach((beat) => beat.unanswered(error));
    }
  }

  private tick(): void {
    this.disarm();
    const now = monotonicNow();
    const due = [...this.beats].filter((beat) => (beat.mayAt ?? beat.dueAt) <= now).sort((a, b) => a.dueAt - b.dueAt);
    // One beat may end another, whose touch must then not be sent.
    const touching = due.filter((beat) => this.beats.has(beat) && beat.beat(now));
    this.touch(touching.filter((beat) => this.beats.has(beat)));
    let earliest = Infinity;
    for (const beat of this.beats) earliest = Math.min(earliest, beat.dueAt);
    if (earliest < this.timerDueAt) this.arm(earliest);
  }

  private arm(dueAt: number): void {
    clearTimeout(this.timer);
    this.timerDueAt = dueAt;
    const delay = Math.min(Math.max(Math.ceil(dueAt - monotonicNow()), 1), LONGEST_TIMER);
    this.timer = setTimeout(() => this.tick(), delay);
    this.timer.unref();
  }

  private disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerDueAt = Infinity;
  }
}
