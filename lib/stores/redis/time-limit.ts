/**
 * The time limit of requests. It is the same for all, so the request that began first is over first, and one timer
 * waits for that. It is hardly ever set under load: it goes on while one request follows the other, and is taken away
 * when the running code is done and nothing is under way any more.
 */
import { Outside } from '../../core/context/outside.js';
import { LinkedList } from '../../core/linked-list.js';
import type { Linked } from '../../core/linked-list.js';

/** Something whose time is limited. */
export interface Limited extends Linked<Limited> {
  /** Since when its time counts, in monotonic time. */
  readonly since: number;
  /** Its time is over: it ends, and says so by {@link TimeLimit.end}. */
  expire(): void;
}

/** Taken when the module is loaded, so that a test's fake clock can't keep the timer. */
const { nextTick } = process;

export class TimeLimit {
  private readonly running = new LinkedList<Limited>();
  private readonly outside = new Outside();
  private timer: NodeJS.Timeout | undefined;
  private isCheckPlanned = false;

  /** @param milliseconds - how long each may take. */
  constructor(readonly milliseconds: number) {}

  begin(limited: Limited): void {
    this.running.push(limited);
    if (!this.timer) this.arm(this.milliseconds);
  }

  end(limited: Limited): void {
    this.running.remove(limited);
    if (this.running.first || this.isCheckPlanned) return;
    this.isCheckPlanned = true;
    nextTick(this.check);
  }

  private readonly check = (): void => {
    this.isCheckPlanned = false;
    if (!this.running.first) this.disarm();
  };

  private readonly onTimer = (): void => {
    const { running, milliseconds } = this;
    const now = performance.now();
    while (running.first && running.first.since + milliseconds <= now) running.first.expire();
    this.disarm();
    if (running.first) this.arm(Math.max(1, Math.ceil(running.first.since + milliseconds - now)));
  };

  private arm(milliseconds: number): void {
    this.timer = this.outside.run(() => setTimeout(this.onTimer, milliseconds));
    this.timer.unref();
  }

  private disarm(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
