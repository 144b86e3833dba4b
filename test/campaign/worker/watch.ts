/** Looks at the locks of a worker and writes down what it sees. */
import type { Lock } from '../../../lib/index.js';
import { now } from '../clock.js';
import { PULSE_MS } from '../history/entry.js';
import type { WrittenShare } from '../history/entry.js';
import type { Recorder } from '../history/recorder.js';
import type { Random } from '../../support/random.js';

/** Of what a lock says by the wall clock, a lease that is over for less is not over. */
const ROUNDING_MS = 2;

/** How a hold came about. */
export interface Begun {
  /** Whether the library has just started a section. */
  readonly isSection?: boolean;
  /** The hold that was entered again. */
  readonly inside?: WatchedHold | undefined;
  /** How its keys are shared, where their modes do not say it. */
  readonly shares?: readonly WrittenShare[] | undefined;
  /** It goes on with the fencing tokens of a hold before. */
  readonly continues?: boolean;
}

export class Watch {
  private readonly open = new Set<WatchedHold>();

  constructor(
    private readonly recorder: Recorder,
    private readonly random: Random,
    /** Called when a lock's signal aborts. */
    private readonly onLoss: (hold: WatchedHold) => void,
  ) {
    setInterval(() => this.pulse(), PULSE_MS).unref();
  }

  /** A caller got its lock. */
  begin(call: number, lock: Lock, { isSection = false, inside, shares, continues = false }: Begun = {}): WatchedHold {
    const hold = new WatchedHold(this.recorder, lock, () => this.open.delete(hold));
    const t = now();
    const held = lock.isHeld;
    const t1 = now();
    const left = lock.expiresAt.getTime() - Date.now();
    const leaseEnd = now() + left;
    const { token, ttl } = lock;
    const fences = [...lock.fencingTokens];
    const share: WrittenShare = lock.mode === 'read' ? [null, 1] : [1, 1];
    const sharing = { shares: shares ?? fences.map(() => share), continues };
    const about = { call, hold: hold.id, token, fences, ...sharing, ttl, held, leaseEnd, isSection };
    this.recorder.write({ e: 'begin', t, t1, ...about, ...(inside && { inside: inside.id }) });
    // Asking whether a lock is held may be what finds out that it is lost: some are never asked.
    hold.isShy = !held || this.random.chance(0.4);
    if (this.random.chance(0.8)) hold.listen(this.onLoss);
    this.open.add(hold);
    return hold;
  }

  private pulse(): void {
    const t = now();
    const over = [...this.open].filter((hold) => hold.isOverdue).map(({ id }) => id);
    const asked = [...this.open].filter((hold) => !hold.isShy);
    const held = asked.filter(({ lock }) => lock.isHeld);
    const t1 = now();
    this.recorder.write({ e: 'pulse', t, t1, held: held.map(({ id }) => id), over });
    for (const hold of asked) if (!held.includes(hold)) hold.isShy = !hold.look();
  }
}

export class WatchedHold {
  readonly id: number;
  /** Whether it is looked at by its caller only. */
  isShy = false;
  isEnded = false;
  private isTold: boolean | undefined;

  constructor(
    private readonly recorder: Recorder,
    readonly lock: Lock,
    private readonly onEnd: () => void,
  ) {
    this.id = recorder.newId();
  }

  /** Whether its signal should have aborted. */
  get isOverdue(): boolean {
    return this.isTold === false && Date.now() - this.lock.expiresAt.getTime() > ROUNDING_MS;
  }

  listen(onLoss: (hold: WatchedHold) => void): void {
    const { signal } = this.lock;
    const heard = (): void => {
      if (!this.isEnded) this.recorder.write({ e: 'told', t: now(), hold: this.id });
      this.isTold = true;
    };
    this.isTold = false;
    if (signal.aborted) return heard();
    signal.addEventListener('abort', heard, { once: true });
    signal.addEventListener('abort', () => onLoss(this), { once: true });
  }

  look(): boolean {
    const t = now();
    const held = this.lock.isHeld;
    if (!this.isEnded) this.recorder.write({ e: 'look', t, t1: now(), hold: this.id, held });
    return held;
  }

  /** The call gives the lock back now. */
  end(call: number, limit: number): void {
    if (this.isEnded) return;
    this.look();
    this.isEnded = true;
    this.onEnd();
    this.recorder.write({ e: 'end', t: now(), hold: this.id, call, limit });
  }
}
