/** Somebody for the heartbeat to call. */
import type { Beat, Touching } from '../../../lib/lease/heartbeat.js';
import { Heartbeat } from '../../../lib/lease/heartbeat.js';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';
import { FakeStore } from './fake-store.js';

/** Beats every `interval` milliseconds and writes down what it is told. */
export class Metronome implements Beat, Touching {
  place = -1;
  readonly key: string;
  readonly kind = 'exclusive';
  ttl = 30_000;
  readonly beats: number[] = [];
  readonly answers: [answer: StoreAnswer, sentAt: number, ttl: number][] = [];
  readonly errors: unknown[] = [];

  constructor(
    readonly token: string,
    public dueAt: number,
    private readonly interval = Infinity,
    private readonly onBeat = (): boolean => true,
  ) {
    this.key = `key of ${token}`;
  }

  beat(now: number): this | undefined {
    this.beats.push(now);
    this.dueAt = now + this.interval;
    return this.onBeat() ? this : undefined;
  }

  sent(): void {}

  answered(...answer: [answer: StoreAnswer, sentAt: number, ttl: number]): void {
    this.answers.push(answer);
  }

  unanswered(error: unknown): void {
    this.errors.push(error);
  }
}

/** A heartbeat, and the store that it touches. */
export function start(): { store: FakeStore; heartbeat: Heartbeat } {
  const store = new FakeStore();
  return { store, heartbeat: new Heartbeat(store) };
}

/** So many that are due at the same time. */
export function crowd(count: number, dueAt = 10): Metronome[] {
  return Array.from({ length: count }, (_, i) => new Metronome(`t${i}`, dueAt));
}
