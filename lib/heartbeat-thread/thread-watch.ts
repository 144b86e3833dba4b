/** A lease that the heartbeat thread renews, as the main thread sees it: through its slot. */
import type { LeaseToWatch, LeaseWatch, LeftBehind, WatchListener } from '../core/lease/lease-watch.js';
import { NONE } from '../core/lease/lease.js';
import type { StoreAnswer } from '../stores/lock-store.js';
import type { Slot } from './slot.js';
import type { TouchReport } from './thread-messages.js';

/** Where watches are kept. */
export interface WatchHome {
  /** The thread does nothing more for it. */
  freed(watch: ThreadWatch): void;
  /** It is left, with a touch under way. */
  left(): void;
  /** That touch has ended. */
  leftEnded(): void;
}

export class ThreadWatch implements LeaseWatch {
  /** Set while a touch is under way although the lease is watched no more. */
  private onEnded: (() => void) | undefined = undefined;
  private isForgotten = false;

  constructor(
    readonly id: number,
    /** Number of its slot. */
    readonly index: number,
    private readonly slot: Slot,
    private readonly lease: LeaseToWatch,
    private readonly listener: WatchListener,
    private readonly home: WatchHome,
  ) {}

  get ttl(): number {
    return this.lease.ttl;
  }

  get isLost(): boolean {
    return this.slot.state === 'lost';
  }

  suits({ ttl, lockDelay, minHold, renewUntil }: Parameters<LeaseWatch['suits']>[0]): boolean {
    const { lease, slot } = this;
    const { state } = slot;
    if (state !== 'watched' && state !== 'sending') return false;
    if (ttl !== lease.ttl || lockDelay !== lease.lockDelay || minHold !== lease.minHold) return false;
    slot.renewUntil = renewUntil;
    return true;
  }

  latest(deadline: number): number {
    return this.isLost ? NONE : Math.max(deadline, this.slot.deadline);
  }

  raise(deadline: number): void {
    this.slot.raise(deadline);
  }

  forget(): LeftBehind {
    this.isForgotten = true;
    const { slot } = this;
    for (;;) {
      if (slot.turn('sending', 'leaving')) return this.leave();
      // After one of these the thread writes nothing more for this lease.
      if (slot.turn('watched', 'free') || slot.turn('lost', 'free') || slot.turn('over', 'free')) break;
    }
    const { doubtAt } = slot;
    this.home.freed(this);
    return { doubtAt, touchedAt: NONE, ended: undefined };
  }

  /** The thread tells what came of a touch. */
  reported({ state, fencingToken, sentAt }: TouchReport, error: unknown): void {
    const { listener, ttl } = this;
    const answer = answerOf(state, fencingToken, error);
    if (!this.isForgotten) listener.touched(answer, sentAt, ttl);
    // A report of an earlier touch comes before that of the one that is waited for.
    else if (this.onEnded && sentAt === this.slot.touchedAt) this.end(answer, sentAt);
  }

  /** There is no thread any more. */
  threadEnded(error: unknown): void {
    if (!this.isForgotten) this.listener.watchEnded();
    // The touch that was under way has ended with its thread, perhaps at the server.
    if (this.onEnded) this.end({ state: 'unknown', error }, this.slot.touchedAt);
  }

  private leave(): LeftBehind {
    const { doubtAt, touchedAt } = this.slot;
    const ended = new Promise<void>((resolve) => (this.onEnded = resolve));
    this.home.left();
    return { doubtAt, touchedAt, ended };
  }

  private end(answer: StoreAnswer, sentAt: number): void {
    const { onEnded, slot } = this;
    this.onEnded = undefined;
    slot.turn('leaving', 'free');
    this.home.freed(this);
    this.listener.leftTouch(answer, sentAt, this.ttl);
    this.home.leftEnded();
    onEnded?.();
  }
}

function answerOf(state: TouchReport['state'], fencingToken: number, error: unknown): StoreAnswer {
  switch (state) {
    case 'held':
      return { state, fencingToken };
    case 'waiting':
      return { state, expiresIn: 0, at: 0 };
    case 'gone':
      return { state };
    case 'unknown':
      return { state, error };
  }
}
