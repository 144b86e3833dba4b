/** What the heartbeat calls and the store is touched for, by itself. */
import { LockEventEmitter } from '../../../lib/core/event-emitter.js';
import { Heartbeat } from '../../../lib/core/heartbeat/heartbeat.js';
import type { Beat } from '../../../lib/core/heartbeat/heartbeat.js';
import { LeaseRequests } from '../../../lib/core/lease/lease-requests.js';
import type { Touching } from '../../../lib/core/lease/touching.js';
import type { StoreAnswer } from '../../../lib/stores/lock-store.js';
import { FakeStore } from './fake-store.js';

/** Beats every `interval` milliseconds and writes down what it is told. */
export class Metronome implements Beat<Touching>, Touching {
  heapIndex = -1;
  readonly key: string;
  ttl = 30_000;
  readonly margin = 0;
  isOver = false;
  readonly beats: number[] = [];
  readonly sendings: [sentAt: number, ttl: number][] = [];
  readonly answers: [answer: StoreAnswer, sentAt: number, ttl: number][] = [];

  constructor(
    readonly token: string,
    public dueAt: number,
    private readonly interval = Infinity,
    /** Whether it wants to be touched then. */
    private readonly onBeat = (): boolean => true,
  ) {
    this.key = `key of ${token}`;
  }

  beat(now: number): this | undefined {
    this.beats.push(now);
    this.dueAt = now + this.interval;
    return this.onBeat() ? this : undefined;
  }

  sent(...sending: [sentAt: number, ttl: number]): void {
    this.sendings.push(sending);
  }

  answered(...answer: [answer: StoreAnswer, sentAt: number, ttl: number]): void {
    this.answers.push(answer);
  }

  /** The reasons for which there was no answer. */
  get errors(): unknown[] {
    return this.answers.flatMap(([answer]) => (answer.state === 'unknown' ? [answer.error] : []));
  }
}

/** A heartbeat by itself, and what came of each of its ticks. */
export function startHeartbeat() {
  const ticks: (readonly Touching[])[] = [];
  const heartbeat = new Heartbeat<Touching>((outcomes) => void ticks.push(outcomes));
  return { heartbeat, add: adding(heartbeat), ticks };
}

/** Adds beats to a heartbeat, or tells it when they are due now. */
const adding =
  (heartbeat: Heartbeat<Touching>) =>
  (...beats: Metronome[]): void => {
    for (const beat of beats) heartbeat.add(beat, beat.dueAt);
  };

/** A heartbeat whose outcomes are touched, as an engine has it. */
export function startTouching() {
  const store = new FakeStore();
  const heartbeat = new Heartbeat<Touching>((due) => requests.touch(due));
  const events = new LockEventEmitter(() => undefined);
  const requests = new LeaseRequests(store, heartbeat, events, store.processId);
  return { store, heartbeat, add: adding(heartbeat), requests, events };
}

/** So many that are due at the same time. */
export function crowd(count: number, dueAt = 10): Metronome[] {
  return Array.from({ length: count }, (_, i) => new Metronome(`t${i}`, dueAt));
}
