/**
 * The one periodic task of a store. Whoever must act at some time (a lease: renew, or notice its end; a place in line: be
 * kept; a waiter: give up) is a beat with a due time; one timer waits for the earliest of them, and what is due together
 * is sent together, earliest first. Without beats there is no timer, and the timer never keeps the process alive.
 */
import type { LockStore, StoreAnswer, TouchRequest } from '../stores/lock-store.js';
import { DueQueue } from './due-queue.js';
import type { Due } from './due-queue.js';

/** Somebody who must act at a certain time. */
export interface Beat extends Due {
  /** Acts, and moves {@link Due.dueAt} on. Answers the touch that is to be sent, if any. */
  beat(now: number): Touching | undefined;
}

/** Somebody who says "I am still here" to the store. */
export interface Touching extends TouchRequest {
  /** The store's answer to a touch that was sent at `sentAt` and asked for `ttl` milliseconds. */
  answered(answer: StoreAnswer, sentAt: number, ttl: number): void;
  /** A touch brought no answer; nothing is known. */
  unanswered(error: unknown): void;
}

/** Milliseconds of a clock that is never set. */
export function monotonicNow(): number {
  return performance.now();
}

/**
 * The timer never waits for longer. Now and then it rings in vain, but it need not be set anew for everybody who comes with
 * an earlier time than the one before, as almost every lock would.
 */
const LONGEST_SLEEP = 1_000;

export class Heartbeat {
  private readonly beats = new DueQueue<Beat>();
  private timer: NodeJS.Timeout | undefined;
  private timerDueAt = Infinity;

  constructor(private readonly store: LockStore) {}

  add(beat: Beat): void {
    this.beats.add(beat);
    this.arm();
  }

  remove(beat: Beat): void {
    if (this.beats.remove(beat) && this.beats.size === 0) this.disarm();
  }

  /** Forgets everybody. */
  stop(): void {
    this.beats.clear();
    this.disarm();
  }

  /** Tells that a beat's due time has changed. */
  moved(beat: Beat): void {
    if (!this.beats.has(beat)) return;
    this.beats.moved(beat);
    this.arm();
  }

  /** Sends touches now, in concurrent chunks; what goes wrong with one chunk touches no other. */
  touch(touching: readonly Touching[]): void {
    const { maxListLength } = this.store;
    for (let i = 0; i < touching.length; i += maxListLength) void this.touchChunk(touching.slice(i, i + maxListLength));
  }

  private async touchChunk(chunk: readonly Touching[]): Promise<void> {
    const requests = chunk.map(({ key, token, kind, ttl }) => ({ key, token, kind, ttl }));
    const sentAt = monotonicNow();
    let answers: readonly StoreAnswer[];
    try {
      answers = await this.store.touch(requests);
    } catch (error) {
      answers = chunk.map(() => ({ state: 'unknown', error }));
    }
    chunk.forEach((each, i) => {
      const answer = answers[i]!;
      if (answer.state === 'unknown') each.unanswered(answer.error);
      else each.answered(answer, sentAt, requests[i]!.ttl);
    });
  }

  private readonly tick = (): void => {
    this.disarm();
    const now = monotonicNow();
    const due: Beat[] = [];
    for (let { first } = this.beats; first && first.listedFor <= now; { first } = this.beats) {
      this.beats.remove(first);
      due.push(first);
    }
    // Back before any of them acts, because one beat may end another, whose touch must then not be sent.
    for (const beat of due) this.beats.add(beat);
    const touching: { beat: Beat; touch: Touching }[] = [];
    for (const beat of due) {
      const touch = this.beats.has(beat) && beat.dueAt <= now ? beat.beat(now) : undefined;
      if (touch) touching.push({ beat, touch });
      if (this.beats.has(beat)) this.beats.moved(beat);
    }
    this.touch(touching.filter(({ beat }) => this.beats.has(beat)).map(({ touch }) => touch));
    this.arm();
  };

  /** A timer that rings too early is left alone; it finds nothing to do and is set anew. */
  private arm(): void {
    const { first } = this.beats;
    if (!first || first.listedFor >= this.timerDueAt) return;
    clearTimeout(this.timer);
    const now = monotonicNow();
    const delay = Math.min(Math.max(Math.ceil(first.listedFor - now), 1), LONGEST_SLEEP);
    this.timerDueAt = now + delay;
    this.timer = setTimeout(this.tick, delay);
    this.timer.unref();
  }

  private disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerDueAt = Infinity;
  }
}
