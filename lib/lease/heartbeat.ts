/**
 * The one periodic task of a store. Whoever must act at some time (a lease: renew, or notice its end; a place in line: be
 * kept; a waiter: give up) is a beat with a due time; one timer waits for the earliest of them, and what is due together
 * is sent together, earliest first. Without beats there is no timer. It keeps the process alive while a caller waits, who
 * wants to hear how that ends; renewal alone does not.
 */
import { Outside } from '../context/outside.js';
import type { LockStore, StoreAnswer, TouchRequest } from '../stores/lock-store.js';
import { DueQueue } from './due-queue.js';
import type { Due } from './due-queue.js';

/** Somebody who must act at a certain time. */
export interface Beat extends Due {
  /** Acts, and leaves the heartbeat or moves {@link Due.dueAt} past `now`. Answers itself when it is to be touched. */
  beat(now: number): TouchedBeat | undefined;
}

/** Somebody who says "I am still here" to the store. */
export interface Touching extends TouchRequest {
  /** A touch that asks for `ttl` milliseconds is being sent. */
  sent(sentAt: number, ttl: number): void;
  /** The store's answer to the touch that was sent at `sentAt` and asked for `ttl` milliseconds. */
  answered(answer: StoreAnswer, sentAt: number, ttl: number): void;
  /** That touch brought no answer; nothing is known. */
  unanswered(error: unknown, sentAt: number, ttl: number): void;
}

/** A beat that is to be touched. */
export type TouchedBeat = Beat & Touching;

/** Milliseconds of a clock that is never set. */
export function monotonicNow(): number {
  return performance.now();
}

/**
 * The timer never waits for longer. Now and then it rings in vain, but it need not be set anew for everybody who comes with
 * an earlier time than the one before, as almost every lock would.
 */
const LONGEST_SLEEP = 1_000;

/** So many are sent at once; the rest follows when everybody else had his turn of the event loop. */
const TOUCHES_A_TURN = 64;

/** Taken when the module is loaded, so that a test's fake clock can't hold touches back. */
const soon = setImmediate;

export class Heartbeat {
  private readonly beats = new DueQueue<Beat>();
  private readonly outside = new Outside();
  private timer: NodeJS.Timeout | undefined;
  private timerDueAt = Infinity;
  /** Callers who wait. */
  private callers = 0;

  /**
   * @param store - what is touched.
   * @param onTicked - told when everything that was due has acted.
   */
  constructor(
    private readonly store: LockStore,
    private readonly onTicked?: () => void,
  ) {}

  add(beat: Beat): void {
    this.beats.put(beat);
    this.arm();
  }

  /** False when the beat was not here any more. */
  remove(beat: Beat): boolean {
    if (!this.beats.remove(beat)) return false;
    if (this.beats.size === 0) this.disarm();
    return true;
  }

  /** As {@link add}, for a caller who waits, perhaps without end. */
  addCaller(beat: Beat): void {
    this.callers += 1;
    // Timers of a fake clock may have no such method.
    if (this.callers === 1) this.timer?.ref?.();
    this.add(beat);
  }

  /** As {@link remove}, for a caller. */
  removeCaller(beat: Beat): void {
    if (!this.remove(beat)) return;
    this.callers -= 1;
    if (this.callers === 0) this.timer?.unref();
  }

  /** Forgets everybody. */
  stop(): void {
    this.beats.clear();
    this.callers = 0;
    this.disarm();
  }

  /** Tells that a beat's due time has changed. */
  moved(beat: Beat): void {
    if (this.beats.has(beat)) this.add(beat);
  }

  /** Sends touches in chunks; what goes wrong with one chunk touches no other. */
  touch(touching: readonly TouchedBeat[], begin = 0): void {
    const end = begin + TOUCHES_A_TURN;
    // One beat may have ended another meanwhile, whose touch must then not be sent.
    const now = touching.slice(begin, end).filter((beat) => this.beats.has(beat));
    const { maxListLength } = this.store;
    for (let i = 0; i < now.length; i += maxListLength) void this.touchChunk(now.slice(i, i + maxListLength));
    if (touching.length > end) soon(() => this.touch(touching, end));
  }

  private async touchChunk(chunk: readonly Touching[]): Promise<void> {
    const requests = chunk.map(({ key, token, kind, ttl }) => ({ key, token, kind, ttl }));
    const sentAt = monotonicNow();
    chunk.forEach((each, i) => each.sent(sentAt, requests[i]!.ttl));
    let answers: readonly StoreAnswer[];
    try {
      answers = await this.store.touch(requests);
    } catch (error) {
      answers = chunk.map(() => ({ state: 'unknown', error }));
    }
    chunk.forEach((each, i) => {
      const answer = answers[i]!;
      const { ttl } = requests[i]!;
      if (answer.state === 'unknown') each.unanswered(answer.error, sentAt, ttl);
      else each.answered(answer, sentAt, ttl);
    });
  }

  private readonly tick = (): void => {
    this.disarm();
    const now = monotonicNow();
    const touching: TouchedBeat[] = [];
    while (this.beats.firstTime <= now) {
      const first = this.beats.first!;
      const touch = first.dueAt <= now ? first.beat(now) : undefined;
      if (touch) touching.push(touch);
      if (this.beats.has(first)) this.beats.put(first);
    }
    this.touch(touching);
    this.arm();
    this.onTicked?.();
  };

  /** A timer that rings too early is left alone; it finds nothing to do and is set anew. */
  private arm(): void {
    const { firstTime, size } = this.beats;
    if (size === 0 || (firstTime >= this.timerDueAt && (this.timer || this.callers === 0))) return;
    clearTimeout(this.timer);
    const now = monotonicNow();
    const delay = Math.min(Math.max(Math.ceil(firstTime - now), 1), LONGEST_SLEEP);
    this.timerDueAt = now + delay;
    this.timer = this.outside.run(() => setTimeout(this.tick, delay));
    if (this.callers === 0) this.timer.unref();
  }

  private disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.timerDueAt = Infinity;
  }
}
