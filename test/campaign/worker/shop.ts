/** Where callers of a worker work: the locks of the moment, the keys, and what all modes of use have in common. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AcquireOptions, Lock, LockService } from '../../../lib/index.js';
import type { Random } from '../../support/random.js';
import type { WrittenShare } from '../history/entry.js';
import { acquireLimit, RELEASE_LIMIT } from '../times.js';
import { Lost } from './calls.js';
import type { Calls } from './calls.js';
import type { Sections } from './sections.js';
import type { WorkerSettings } from './settings.js';
import type { Begun, Watch, WatchedHold } from './watch.js';

/** One way of using the library. It never rejects. */
export type Mode = (shop: Shop, random: Random) => Promise<unknown>;

export type Body = (hold: WatchedHold) => Promise<void>;

const TTLS = [150, 250, 400, 700, 1_200, 2_000];
/** They outlast a round, or the time in which keys must become free. */
const LONG_TTLS = [6_000, 30_000];
const WAITS = [100, 500, 2_000, 4_000];

export class Shop {
  /** Of the module that is open now. */
  locks!: LockService;
  sections!: Sections;
  /** Whether that module is being closed. */
  isClosing = false;
  /** Locks that anybody may give back. */
  readonly handy = new Set<WatchedHold>();

  constructor(
    readonly settings: WorkerSettings,
    readonly calls: Calls,
    readonly watch: Watch,
  ) {}

  key(random: Random): string {
    return random.pick(random.chance(0.4) ? this.settings.hot : this.settings.cold);
  }

  ttl(random: Random): number {
    return random.pick(this.mayLast(random) ? LONG_TTLS : TTLS);
  }

  /** For a renewal by hand; `undefined` leaves it as it was. */
  newTtl(random: Random): number | undefined {
    return this.mayLast(random) ? random.pick(LONG_TTLS) : random.pick([undefined, 150, 300, 1_000, 2_500]);
  }

  private mayLast(random: Random): boolean {
    return this.settings.role === 'steady' && random.chance(this.settings.longLeases);
  }

  options(random: Random): AcquireOptions & { ttl: number; wait: number } {
    return { ttl: this.ttl(random), wait: random.pick(WAITS), fair: random.chance(0.15) };
  }

  /** Takes a key by hand. */
  async acquire(
    what: string,
    keys: string | string[],
    options: AcquireOptions & { wait: number },
    inside?: WatchedHold,
  ): Promise<WatchedHold | undefined> {
    const limit = acquireLimit(options.wait, typeof keys === 'string' ? 1 : keys.length);
    return this.calls.make(what, limit, async (call) => {
      const lock = await this.locks.acquire(keys, { signal: this.calls.signalOf(call), ...options });
      return this.watch.begin(call, lock, { inside, shares: sharesOf(options) });
    });
  }

  /** Gives a lock back, unless somebody did. */
  async release(hold: WatchedHold): Promise<void> {
    this.handy.delete(hold);
    if (hold.isEnded) return;
    await this.calls.make('release', RELEASE_LIMIT, async (call) => {
      hold.end(call, RELEASE_LIMIT);
      if (!(await hold.lock.release())) throw new Lost();
    });
  }

  /** Changes a lock that is held, which goes on as another hold; answers that one. */
  async change(
    what: string,
    limit: number,
    hold: WatchedHold,
    change: (lock: Lock) => Promise<void>,
  ): Promise<WatchedHold> {
    const { lock } = hold;
    const { fencingToken } = lock;
    let next = hold;
    await this.calls.make(what, limit, async (call) => {
      hold.end(call, limit);
      try {
        await change(lock);
      } finally {
        next = this.watch.begin(call, lock, { continues: lock.fencingToken === fencingToken });
      }
    });
    return next;
  }

  /** `withLock` around a body. */
  async within(
    what: string,
    keys: string | string[],
    options: AcquireOptions & { wait: number },
    body: Body,
    inside?: WatchedHold,
  ): Promise<void> {
    const limit = acquireLimit(options.wait, typeof keys === 'string' ? 1 : keys.length);
    await this.calls.make(what, limit, (call) =>
      this.locks.withLock(keys, options, (lock) =>
        this.section(call, lock, body, { inside, shares: sharesOf(options) }),
      ),
    );
  }

  /** Runs a body as the section of a call. */
  async section(call: number, lock: Lock, body: Body, begun: Begun = {}): Promise<void> {
    const hold = this.watch.begin(call, lock, { ...begun, isSection: true });
    try {
      await body(hold);
    } finally {
      hold.end(call, RELEASE_LIMIT);
    }
  }

  /** What most sections do. */
  async work(hold: WatchedHold, random: Random): Promise<void> {
    await pause(random.between(0, 8));
    hold.look();
    if (random.chance(0.02)) await pause(random.between(100, 700));
    hold.look();
  }
}

/** What only the options of a permit say. */
function sharesOf({ concurrency, weight = 1 }: AcquireOptions): WrittenShare[] | undefined {
  return concurrency === undefined ? undefined : [[concurrency, weight]];
}

/** Keeps the event loop from turning, and looks at a lock meanwhile. */
export function block(ms: number, hold?: WatchedHold): void {
  const end = performance.now() + ms;
  let next = 0;
  while (performance.now() < end) {
    if (performance.now() < next) continue;
    hold?.look();
    next = performance.now() + 5;
  }
}
