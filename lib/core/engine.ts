/**
 * Ties a store, its heartbeat, the queues and the leases together, and owns their beginning and end. `LockService` is its
 * public face.
 */
import type { AcquireOptions } from '../acquire.options.js';
import { INSPECT, printed } from '../inspection.js';
import type { InspectArguments } from '../inspection.js';
import { LockBusyError, LockLostError, LockShutdownError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { OptionNames } from '../option-names.js';
import type { KeyState, LockStore } from '../stores/lock-store.js';
import { newProcessId } from '../stores/protocol.js';
import { acquireAgain } from './acquire-again.js';
import { PartCaller, SingleCaller } from './callers.js';
import type { Part } from './callers.js';
import { holderOf } from './context/lock-context.js';
import { LockEventEmitter } from './event-emitter.js';
import { forceRelease } from './force-release.js';
import { graceOver } from './grace-time.js';
import type { ErrorLog } from './guarded-stream.js';
import { Heartbeat } from './heartbeat/heartbeat.js';
import { DEFAULT_HAND_OFF } from './lease/hand-off.js';
import type { HandOffBudget } from './lease/hand-off.js';
import { LeaseRequests } from './lease/lease-requests.js';
import type { Touching } from './lease/touching.js';
import { LockHandle } from './lock-handle.js';
import { KeyQueues } from './queue/key-queues.js';
import type { LockRequest } from './queue/waiter.js';
import {
  checkCallOptions,
  DEFAULT_MAX_KEY_BYTES,
  isSameSettings,
  readKeys,
  readSignal,
  resolveSettings,
} from './settings.js';
import type { LockSettings } from './settings.js';
import { asLockError } from './store-failure.js';

/** How an engine is set up. */
interface EngineOptions {
  readonly store: LockStore;
  readonly defaults: LockSettings;
  /** How long a shutdown waits for running sections, in milliseconds. */
  readonly shutdownGrace: number;
  readonly handOff?: HandOffBudget | undefined;
  /** How long a key may be, in bytes of UTF-8. */
  readonly maxKeyBytes?: number | undefined;
  /** Where errors of listeners are written down. */
  readonly log: ErrorLog;
  /** Where a shutdown says what it waits for. */
  readonly warn: (message: string) => void;
}

export class LockEngine {
  readonly events: LockEventEmitter;
  readonly store: LockStore;
  readonly defaults: LockSettings;
  readonly maxKeyBytes: number;
  /** Begins every token of this engine, so that the store knows where to send a grant. */
  private readonly processId = newProcessId();
  private readonly shutdownGrace: number;
  private readonly warn: (message: string) => void;
  private readonly heartbeat: Heartbeat<Touching>;
  private readonly requests: LeaseRequests;
  private readonly queues: KeyQueues;
  /** Whether it gives out no more locks. */
  isClosing = false;
  private lastSettings: LockSettings;
  private emptied: Promise<void> | undefined;
  private closed: Promise<void> | undefined;

  constructor({ store, defaults, shutdownGrace, handOff, maxKeyBytes, log, warn }: EngineOptions) {
    this.store = store;
    this.defaults = defaults;
    this.lastSettings = defaults;
    this.shutdownGrace = shutdownGrace;
    this.warn = warn;
    this.maxKeyBytes = maxKeyBytes ?? DEFAULT_MAX_KEY_BYTES;
    const events = new LockEventEmitter(log);
    this.events = events;
    this.heartbeat = new Heartbeat((due) => {
      this.requests.touch(due);
      events.flush();
    });
    this.requests = new LeaseRequests(store, this.heartbeat, events, this.processId);
    this.queues = new KeyQueues(this.requests, this.heartbeat, events, handOff ?? DEFAULT_HAND_OFF);
  }

  /**
   * Takes every key or none. The locks of `owner` in the async context count as the caller's own. Options whose names
   * were not checked yet come with the names that are `known`.
   */
  acquire(
    owner: object,
    asked: string | readonly string[],
    options: AcquireOptions,
    known?: OptionNames,
  ): Promise<LockHandle> {
    // Not an async function: an error in here rejects as well, and the lock is there a microtask earlier.
    return new Promise((resolve) => {
      if (known) checkCallOptions(options, known, 'acquire()');
      const keys = readKeys(asked, this.maxKeyBytes);
      const settings = this.settingsOf(options);
      const signal = readSignal(options.signal);
      const askedAt = performance.now();
      if (typeof keys !== 'string') return resolve(this.acquireAll(owner, keys, { settings, askedAt, signal }));
      const request = { key: keys, settings, askedAt, signal };
      const entered = this.enter(owner, request);
      if (entered) resolve(new LockHandle(entered.holder, [entered.outer]));
      else this.queues.take(request.key, new SingleCaller(request, resolve), request.askedAt);
    });
  }

  toJSON(): Record<string, unknown> {
    return { ...this.defaults, isClosing: this.isClosing };
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
    // First of all, so that callers that hear of it and ask again are refused.
    this.isClosing = true;
    this.queues.close(shutdownError);
    this.emptied = this.empty();
  }

  /** Whether a handle is of a lock that was taken here. */
  owns(handle: LockHandle): boolean {
    return handle.isOf(this.requests);
  }

  /** See `LockService.inspect`. */
  async inspect(key: string): Promise<KeyState> {
    try {
      const [state] = await this.store.inspect([key]);
      return state!;
    } catch (error) {
      throw asLockError(key, error);
    }
  }

  /** See `LockService.forceRelease`. */
  async forceRelease(key: string): Promise<boolean> {
    const { store, requests, processId } = this;
    try {
      return await forceRelease({ store, requests, processId }, key);
    } catch (error) {
      throw asLockError(key, error);
    }
  }

  /** Waits until nothing is held any more, see {@link refuse}, and closes the store. */
  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  /** Calls that ask for the same share what they ask for: there may be ten thousand of them. */
  private settingsOf(options: AcquireOptions): LockSettings {
    const settings = resolveSettings(options, this.defaults);
    if (settings !== this.defaults && !isSameSettings(settings, this.lastSettings)) this.lastSettings = settings;
    return settings === this.defaults ? settings : this.lastSettings;
  }

  private async acquireAll(
    owner: object,
    keys: readonly string[],
    request: Omit<LockRequest, 'key'>,
  ): Promise<LockHandle> {
    const parts = new Map<string, Part>();
    const { askedAt, settings, signal } = request;
    try {
      // One order for all callers, so that two of them never wait for each other.
      for (const key of [...keys].sort(byCodeUnit)) {
        const nextAskedAt = parts.size > 0 ? performance.now() : undefined;
        parts.set(key, await this.acquirePart(owner, { ...request, nextAskedAt, key }));
      }
    } catch (error) {
      // In the background, as its request may take as long as the wait that has just ended.
      if (parts.size > 0) void toHandle([...parts.values()]).end();
      throw error;
    }
    const lock = toHandle(keys.map((key) => parts.get(key)!));
    if (lock.isHeld) return lock;
    // A lease has ended while the others were waited for.
    return acquireAgain(this, lock, { owner, keys, options: { ...settings, signal }, askedAt });
  }

  private acquirePart(owner: object, request: LockRequest): Promise<Part> {
    return new Promise((resolve) => {
      const entered = this.enter(owner, request);
      if (entered) resolve(entered);
      else this.queues.take(request.key, new PartCaller(request, resolve), performance.now());
    });
  }

  private async empty(): Promise<void> {
    const { queues, events, shutdownGrace: time, warn } = this;
    await graceOver(queues, { time, warn, outside: events.outside });
    // A grant may be on its way to a caller that was refused since.
    await this.requests.answeredAll();
    await this.requests.close(() => this.queues.takeAway(messages.takenByShutdown, shutdownError));
  }

  private async shutDown(): Promise<void> {
    this.refuse();
    await this.emptied;
    this.heartbeat.stop();
    await this.store.stop();
    this.events.complete();
  }

  /** Enters a key that the caller holds already; undefined where it has to be taken. Throws where neither may be. */
  private enter(owner: object, { key, settings, signal }: LockRequest): Part | undefined {
    if (signal?.aborted) throw signal.reason;
    const outer = holderOf<LockHandle>(owner, key);
    if (!outer) {
      if (this.isClosing) throw shutdownError(key);
      return undefined;
    }
    const holder = outer.holderOf(key)!;
    const loss = holder.checkLoss();
    if (loss) throw new LockLostError(loss.message, { key, cause: loss });
    if (!settings.reentrant || !holder.reentrant) throw new LockBusyError(messages.selfDeadlock(key), { key });
    holder.depth += 1;
    return { holder, outer };
  }
}

function toHandle(parts: readonly Part[]): LockHandle {
  const outers = parts.some(({ outer }) => outer) ? parts.map(({ outer }) => outer) : undefined;
  return new LockHandle(
    parts.map(({ holder }) => holder),
    outers,
  );
}

function shutdownError(key: string): LockShutdownError {
  return new LockShutdownError(messages.shutdown(key), { key });
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
