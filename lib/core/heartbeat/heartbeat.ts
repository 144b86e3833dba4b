/**
 * The one timer of a service. What has to act at some time (the queue of a key: renew its lease, prolong its place, end
 * a wait; a release: be sent again) is a beat with a due time. The timer waits for the earliest of them, and what is
 * due together acts together, earliest first. Without beats the timer rings once more, in vain, and is not set again:
 * so a lock that is taken and given back sets none. It keeps the process alive while a caller waits, which has to learn
 * how that ends; renewal alone does not.
 */
import { Outside } from '../context/outside.js';
import { DeadlineHeap } from './deadline-heap.js';
import type { Due } from './deadline-heap.js';

/** What must act at a certain time. */
export interface Beat<Outcome> extends Due {
  /** Monotonic time at which it is due. */
  readonly dueAt: number;
  /** Acts, and leaves the heartbeat or moves {@link dueAt} past `now`. */
  beat(now: number): Outcome | undefined;
}

/**
 * The timer never waits for longer. Now and then it rings in vain, but it need not be set anew for each beat that comes
 * with an earlier time than the one before, as almost every lock would.
 */
export const LONGEST_SLEEP = 1_000;

export class Heartbeat<Outcome> {
  private readonly beats = new DeadlineHeap<Beat<Outcome>>();
  private readonly outside = new Outside();
  private timer: NodeJS.Timeout | undefined;
  private timerDueAt = Infinity;
  private callers = 0;

  /**
   * @param onTicked - called when everything that was due has acted, with what came of it.
   * @param mostSleep - after how many milliseconds it is to tick at the latest while there are beats.
   */
  constructor(
    private readonly onTicked: (outcomes: readonly Outcome[]) => void,
    private readonly mostSleep = (): number => LONGEST_SLEEP,
  ) {}

  /** Adds a beat, or takes note that its due time has changed. */
  add(beat: Beat<Outcome>, dueAt: number): void {
    this.beats.put(beat, dueAt);
    this.arm();
  }

  /**
   * The due time of a beat has changed. The heap has to know of an earlier one; for a later one, the beat finds nothing
   * to do at the old time, and looks again.
   */
  moved(beat: Beat<Outcome>, dueAt: number): void {
    if (this.beats.has(beat) && dueAt < this.beats.timeOf(beat)) this.add(beat, dueAt);
  }

  remove(beat: Beat<Outcome>): void {
    this.beats.remove(beat);
  }

  /** A caller waits from now on, perhaps without end. */
  callerCame(): void {
    this.callers += 1;
    // Timers of a fake clock may have no such method.
    if (this.callers === 1) this.timer?.ref?.();
  }

  /** A caller has stopped waiting. */
  callerLeft(): void {
    this.callers -= 1;
    if (this.callers === 0) this.timer?.unref();
  }

  /** Forgets every beat. */
  stop(): void {
    this.beats.clear();
    this.disarm();
  }

  private readonly tick = (): void => {
    this.disarm();
    const now = performance.now();
    const outcomes: Outcome[] = [];
    while (this.beats.firstTime <= now) {
      const first = this.beats.members[0]!;
      const outcome = first.dueAt <= now ? first.beat(now) : undefined;
      if (outcome !== undefined) outcomes.push(outcome);
      if (this.beats.has(first)) this.beats.put(first, first.dueAt);
    }
    this.arm();
    this.onTicked(outcomes);
  };

  /** A timer that rings too early is left alone; it finds nothing to do and is set anew. */
  private arm(): void {
    const { firstTime, members } = this.beats;
    if (members.length === 0 || (firstTime >= this.timerDueAt && (this.timer || this.callers === 0))) return;
    clearTimeout(this.timer);
    const now = performance.now();
    const delay = Math.min(Math.max(Math.ceil(firstTime - now), 1), this.mostSleep());
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
