/**
 * Ties a store, its heartbeat, the line and the leases together, and owns their beginning and end. `LockService` is its
 * public face.
 */
import { acquireAgain } from './acquire-again.js';
import type { AcquireOptions } from './acquire.options.js';
import { holderOf } from './context/lock.context.js';
import { LockEvents } from './event-stream.js';
import { forceRelease } from './force-release.js';
import { INSPECT, printed } from './inspection.js';
import type { InspectArguments } from './inspection.js';
import { Heartbeat, monotonicNow } from './lease/heartbeat.js';
import type { Hold } from './lease/hold.js';
import { LeaseKeeper } from './lease/lease-keeper.js';
import { LockHandle } from './lease/lock-handle.js';
import { DEFAULT_HAND_OFF } from './line/hand-off.js';
import type { HandOffBudget } from './line/hand-off.js';
import { Line } from './line/line.js';
import type { Wanted } from './line/waiter.js';
import { LockBusyError, LockLostError, LockShutdownError } from './lock.errors.js';
import { messages, plain } from './lock.messages.js';
import { checkCallOptions, DEFAULT_MAX_KEY_BYTES, readKeys, readSignal, resolveSettings } from './lock.settings.js';
import type { LockSettings } from './lock.settings.js';
import type { OptionNames } from './option-names.js';
import type { LockStore } from './stores/lock-store.js';

export class LockEngine {
  readonly events = new LockEvents();
  private readonly heartbeat: Heartbeat;
  private readonly keeper: LeaseKeeper;
  private readonly line: Line;
  /** Whether it gives out no more locks. */
  isClosing = false;
  /** Asked once, as looking at an engine runs nobody's code. */
  private readonly storeName: string;
  private emptied: Promise<void> | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    readonly store: LockStore,
    readonly defaults: LockSettings,
    private readonly shutdownGrace: number,
    handOff: HandOffBudget = DEFAULT_HAND_OFF,
    /** How long a key may be, in bytes of UTF-8. */
    readonly maxKeyBytes = DEFAULT_MAX_KEY_BYTES,
  ) {
    this.storeName = plain(String(store.name));
    this.heartbeat = new Heartbeat(store, () => this.events.flush());
    this.keeper = new LeaseKeeper(store, this.heartbeat, this.events);
    this.line = new Line(store, this.heartbeat, this.keeper, this.events, handOff);
  }

  /**
   * Takes every key or none. `owner` is whose locks in the async context count as the caller's own. Options whose names
   * were not checked yet come with those that are `known`.
   */
  acquire(
    owner: object,
    asked: string | readonly string[],
    options: AcquireOptions,
    known?: OptionNames,
  ): Promise<LockHandle> {
    // Not an async function: what is thrown in here rejects as well, and the lock is there a turn of promises earlier.
    return new Promise((resolve, refuse) => {
      if (known) checkCallOptions(options, known, 'acquire()');
      const keys = readKeys(asked, this.maxKeyBytes);
      const settings = resolveSettings(options, this.defaults);
      const signal = readSignal(options.signal);
      const admit = (hold: Hold, outer?: LockHandle): void =>
        resolve(new LockHandle([hold], this.keeper, outer && [outer]));
      const wanted = { key: keys[0]!, settings, askedAt: monotonicNow(), signal, admit, refuse };
      if (keys.length > 1) resolve(this.acquireAll(owner, keys, wanted));
      else this.enter(owner, wanted);
    });
  }

  toJSON(): Record<string, unknown> {
    const { storeName, isClosing } = this;
    return { store: storeName, ...this.defaults, isClosing };
  }

  [INSPECT](...args: InspectArguments): string {
    return printed('LockEngine', this.toJSON(), ...args);
  }

  /**
   * Refuses new locks, ends every wait, and gives running sections the grace time to end; what is still held then is
   * taken away. The time counts from here, so that a section that never ends can't keep a server from closing.
   */
  refuse(): void {
    if (this.isClosing) return;
    // First of all, so that callers who hear of it and ask again are refused.
    this.isClosing = true;
    this.line.close(shutdownError);
    this.emptied = this.empty();
  }

  /** Whether a handle is of a lock that was taken here. */
  owns(handle: LockHandle): boolean {
    return handle.isOf(this.keeper);
  }

  /** See `LockService.forceRelease`. */
  forceRelease(key: string): Promise<boolean> {
    return forceRelease(this.store, this.keeper, key);
  }

  /** Waits until nothing is held any more, see {@link refuse}, and closes the store. */
  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async acquireAll(owner: object, keys: readonly string[], first: Wanted): Promise<LockHandle> {
    const holds = new Map<string, Hold>();
    const { askedAt, settings, signal } = first;
    const outers = new Map<string, LockHandle>();
    const handle = (order: readonly string[]): LockHandle => {
      const entered = outers.size > 0 ? order.map((key) => outers.get(key)) : undefined;
      return new LockHandle(
        order.map((key) => holds.get(key)!),
        this.keeper,
        entered,
      );
    };
    try {
      // One order for everybody, so that two callers never wait for each other.
      for (const key of [...keys].sort(byCodeUnit)) {
        const turnCameAt = holds.size > 0 ? monotonicNow() : undefined;
        await new Promise<void>((resolve, refuse) => {
          const admit = (hold: Hold, outer?: LockHandle): void => {
            holds.set(key, hold);
            if (outer) outers.set(key, outer);
            resolve();
          };
          this.enter(owner, { ...first, turnCameAt, key, admit, refuse });
        });
      }
    } catch (error) {
      // In the background, as its request may take as long as the wait that has just ended.
      if (holds.size > 0) void handle([...holds.keys()]).end();
      throw error;
    }
    const lock = handle(keys);
    if (lock.isHeld) return lock;
    // A lease has ended while the others were waited for.
    return acquireAgain(this, lock, { owner, keys, options: { ...settings, signal }, askedAt });
  }

  private async empty(): Promise<void> {
    await this.keeper.drained(this.shutdownGrace);
    // A grant may be on its way to a caller that was refused since.
    await this.line.idle();
    await this.keeper.close(shutdownError);
  }

  private async shutDown(): Promise<void> {
    this.refuse();
    await this.emptied;
    this.heartbeat.stop();
    this.store.listen(null);
    await this.store.stop();
    this.events.complete();
  }

  /** Enters a key that the caller holds already, or takes it. */
  private enter(owner: object, wanted: Wanted): void {
    const { key, settings } = wanted;
    const outer = holderOf(owner, key);
    if (!outer) {
      if (this.isClosing) throw shutdownError(key);
      return this.line.take(wanted);
    }
    const hold = outer.holdOf(key)!;
    const loss = hold.lossError;
    if (loss) throw new LockLostError(loss.message, { key, cause: loss });
    if (!settings.reentrant || !hold.reentrant) throw new LockBusyError(messages.selfDeadlock(key), { key });
    hold.depth += 1;
    wanted.admit(hold, outer);
  }
}

function shutdownError(key: string): LockShutdownError {
  return new LockShutdownError(messages.shutdown(key), { key });
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
