/**
 * Ties a store, its heartbeat, the queues and the leases together, and owns their beginning and end. `LockService` is its
 * public face.
 */
import type { AcquireOptions, LockKeys } from '../acquire.options.js';
import { INSPECT, printed } from '../inspection.js';
import type { InspectArguments } from '../inspection.js';
import { LockBusyError, LockLostError, LockShutdownError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { OptionNames } from '../option-names.js';
import type { LockStore } from '../stores/lock-store.js';
import { newProcessId } from '../stores/protocol.js';
import { acquireAgain } from './acquire-again.js';
import { covers } from './admission.js';
import { adoptLeases } from './adoption.js';
import { SingleCaller } from './callers.js';
import type { Part } from './callers.js';
import { heldKeys, holderOf, isHolding } from './context/lock-context.js';
import { readDetached } from './detached-text.js';
import { LockEventEmitter } from './event-emitter.js';
import { graceOver } from './grace-time.js';
import type { ErrorLog } from './guarded-stream.js';
import { Heartbeat, LONGEST_SLEEP } from './heartbeat/heartbeat.js';
import { DEFAULT_MAX_KEY_BYTES, readKeyRequests } from './key-requests.js';
import type { KeyRequest } from './key-requests.js';
import { DEFAULT_HAND_OFF } from './lease/hand-off.js';
import type { HandOffBudget } from './lease/hand-off.js';
import { Journal } from './journal.js';
import type { Say } from './journal.js';
import { whose } from './lease/held-lease.js';
import { LeaseRequests } from './lease/lease-requests.js';
import type { LeaseWatcher } from './lease/lease-watch.js';
import type { Touching } from './lease/touching.js';
import { LockHandle } from './lock-handle.js';
import { LockOrder } from './lock-order.js';
import type { LockOrderMode } from './lock-order.js';
import { shareMessages } from './share.messages.js';
import { observeAcquire } from './observed-acquire.js';
import { Operator } from './operations/operator.js';
import { Presence } from './operations/presence.js';
import { writeDescription } from './operations/process-description.js';
import { acquireChannel, holdChannel } from './tracing/channels.js';
import { traceHold } from './tracing/hold-trace.js';
import { takeSeveral, toHandle } from './several-keys.js';
import { KeyQueues } from './queue/key-queues.js';
import type { LockRequest } from './queue/waiter.js';
import { checkCallOptions, isSameSettings, readSignal, resolveSettings } from './settings.js';
import type { LockSettings } from './settings.js';

/** How an engine is set up. */
interface EngineOptions {
  readonly store: LockStore;
  readonly defaults: LockSettings;
  /** How long a shutdown waits for running sections, in milliseconds. */
  readonly shutdownGrace: number;
  readonly handOff?: HandOffBudget | undefined;
  /** How long a key may be, in bytes of UTF-8. */
  readonly maxKeyBytes?: number | undefined;
  /** What renews leases while this thread is blocked; by default nothing. */
  readonly watcher?: LeaseWatcher | undefined;
  /** What happens when keys are asked for in orders that contradict each other; by default nothing. */
  readonly lockOrder?: LockOrderMode | undefined;
  /** Name of the module's instance. */
  readonly instance?: string | undefined;
  /** How the process introduces itself. */
  readonly application?: { readonly name?: string | undefined; readonly version?: string | undefined } | undefined;
  /** Where is said what has become of locks and of the store; by default nowhere. */
  readonly say?: Say | undefined;
  /** Where errors of listeners are written down. */
  readonly log: ErrorLog;
  /** Where a shutdown says what it waits for, and what is said of the order of locks. */
  readonly warn: (message: string) => void;
}

/** A process that has held or waited for something for so many milliseconds says who it is. */
const INTRODUCED_AFTER = 100;

/** One call for a lock, checked. */
interface Call extends Omit<LockRequest, 'key'> {
  readonly owner: object;
  readonly asked: LockKeys;
  readonly keys: string | readonly KeyRequest[];
  readonly options: AcquireOptions;
}

export class LockEngine {
  readonly events: LockEventEmitter;
  readonly store: LockStore;
  readonly defaults: LockSettings;
  readonly maxKeyBytes: number;
  /** What people on duty ask. */
  readonly operator: Operator;
  /** Begins every token of this engine, so that the store knows where to send a grant. */
  private readonly processId = newProcessId();
  private readonly shutdownGrace: number;
  private readonly warn: (message: string) => void;
  private readonly heartbeat: Heartbeat<Touching>;
  private readonly requests: LeaseRequests;
  private readonly queues: KeyQueues;
  /** Undefined where nothing is to happen. */
  private readonly order: LockOrder | undefined;
  /** Whether it gives out no more locks. */
  isClosing = false;
  /** What is told of the closing while there is still time for it, when the running code is done. */
  readonly closing = new Set<{ announce(): void }>();
  private lastSettings: LockSettings;
  /** Of the last call, see `LockRequest.id`. */
  private lastId = 0;
  private emptied: Promise<void> | undefined;
  private closed: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    const { store, defaults, shutdownGrace, handOff, maxKeyBytes, lockOrder = 'off', log, warn } = options;
    const { instance, application = {} } = options;
    this.store = store;
    this.defaults = defaults;
    this.lastSettings = defaults;
    this.shutdownGrace = shutdownGrace;
    this.warn = warn;
    this.maxKeyBytes = maxKeyBytes ?? DEFAULT_MAX_KEY_BYTES;
    const events = new LockEventEmitter(log, instance);
    this.events = events;
    const startedAt = Date.now();
    const presence = new Presence(store, this.processId, () =>
      writeDescription(application, events.instance, startedAt),
    );
    this.heartbeat = new Heartbeat(
      (due) => {
        this.requests.touch(due);
        if (!this.queues.isEmpty) presence.show(performance.now());
        events.flush();
      },
      () => (presence.isKnown(performance.now()) ? LONGEST_SLEEP : INTRODUCED_AFTER),
    );
    const journal = new Journal(events, options.say);
    this.requests = new LeaseRequests(store, this.heartbeat, events, this.processId, journal);
    this.requests.watcher = options.watcher;
    this.queues = new KeyQueues(this.requests, this.heartbeat, events, handOff ?? DEFAULT_HAND_OFF);
    const { requests, queues, processId } = this;
    // A notice that a lock was taken away may have been missed.
    requests.onResumed = () => requests.touch(queues.leases());
    const say = (message: string): void => journal.write('warn', message);
    this.operator = new Operator({ store, requests, queues, events, processId, say });
    this.order = lockOrder === 'off' ? undefined : new LockOrder(lockOrder, this.warnOfOrder);
  }

  /**
   * Takes every key or none. The locks of `owner` in the async context count as the caller's own. Options whose names
   * were not checked yet come with the names that are `known`.
   */
  acquire(owner: object, asked: LockKeys, options: AcquireOptions, known?: OptionNames): Promise<LockHandle> {
    // Not an async function: an error in here rejects as well, and the lock is there a microtask earlier.
    return new Promise((resolve) => {
      if (known) checkCallOptions(options, known, 'acquire()');
      const keys = readKeyRequests(asked, this.maxKeyBytes);
      const settings = this.settingsOf(options);
      const signal = readSignal(options.signal);
      const call = {
        owner,
        asked,
        keys,
        options,
        settings,
        signal,
        askedAt: performance.now(),
        id: (this.lastId += 1),
      };
      const isObserved = this.events.audience || acquireChannel.hasSubscribers || holdChannel.hasSubscribers;
      // A listener that asks again when it hears of a refusal must not go on for as long as the shutdown takes.
      if (isObserved && !this.isClosing) resolve(this.observed(call));
      else this.take(call, resolve);
    });
  }

  private take(call: Call, resolve: (lock: LockHandle | Promise<LockHandle>) => void): void {
    const { owner, keys, settings, id, askedAt, signal } = call;
    if (typeof keys !== 'string') return resolve(this.acquireAll(call, keys));
    const request = { key: keys, settings, id, askedAt, signal };
    const entered = this.enter(owner, request);
    if (entered) resolve(new LockHandle(entered.holder, [entered.outer]));
    else this.queues.take(keys, new SingleCaller(request, resolve), askedAt);
  }

  private observed(call: Call): Promise<LockHandle> {
    const { owner, keys: asked } = call;
    const keys = typeof asked === 'string' ? [asked] : asked.map(({ key }) => key);
    const isReentry = isHolding() && keys.every((key) => holderOf(owner, key));
    return observeAcquire(
      this.events,
      { ...call, keys, isReentry },
      () => new Promise((resolve) => this.take(call, resolve)),
    );
  }

  /** Writes a line to the log, where there is one, when the running code is done. */
  say(...line: Parameters<Say>): void {
    this.requests.journal.write(...line);
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
    this.requests.refuseWishes(shutdownError);
    for (const each of this.closing) this.events.next(each);
    this.emptied = this.empty();
  }

  /** See `LockService.adopt`. */
  async adopt(text: string): Promise<LockHandle> {
    const leases = readDetached(text);
    if (this.isClosing) throw shutdownError(leases[0]!.key);
    const id = (this.lastId += 1);
    const lock = new LockHandle(await adoptLeases(this.requests, this.queues, leases, id));
    if (holdChannel.hasSubscribers) {
      const { keys, mode } = lock;
      const { label } = leases[0]!.settings;
      traceHold({ instance: this.events.instance, label, keys, mode, id }, lock);
    }
    return lock;
  }

  /** Whether a handle is of a lock that was taken here. */
  owns(handle: LockHandle): boolean {
    return handle.isOf(this.requests);
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

  private async acquireAll(call: Call, keys: readonly KeyRequest[]): Promise<LockHandle> {
    const { owner, asked, options, settings, id, askedAt, signal } = call;
    const requests = keys.map(({ key, share }) => ({
      key,
      settings: share ? { ...settings, share } : settings,
      id,
      askedAt,
      signal,
    }));
    const { queues } = this;
    const enter = (each: LockRequest): Part | undefined => this.enter(owner, each);
    const lock = toHandle(await takeSeveral({ queues, enter }, requests));
    // A lease may have ended while the others were waited for.
    if (lock.isHeld) return lock;
    // As a part of the same call: those that observe it hear of one outcome.
    const acquire = (_owner: object, _keys: LockKeys, left: AcquireOptions): Promise<LockHandle> => {
      const again = { ...call, options: left, settings: this.settingsOf(left), askedAt: performance.now() };
      return new Promise((resolve) => this.take(again, resolve));
    };
    return acquireAgain({ defaults: this.defaults, acquire }, lock, { owner, keys: asked, options, askedAt });
  }

  private async empty(): Promise<void> {
    const { queues, events, shutdownGrace: time, warn } = this;
    await graceOver(queues, { time, warn, outside: events.outside });
    // A grant may be on its way to a caller that was refused since.
    await this.requests.answeredAll();
    await this.requests.close(() => this.queues.takeAway(messages.takenByShutdown, shutdownError));
  }

  /** A logger that fails must not keep a caller from its lock, and may not be called as a part of a caller's section. */
  private readonly warnOfOrder = (key: string, message: string): void => {
    this.events.audience?.next({ type: 'warning', code: 'lock-order', key, token: '', label: '', message });
    try {
      this.events.outside.run(() => this.warn(message));
    } catch {
      // See above.
    }
  };

  private async shutDown(): Promise<void> {
    this.refuse();
    await this.emptied;
    this.heartbeat.stop();
    await this.requests.watcher?.close();
    await this.store.stop();
    this.requests.journal.close();
    this.events.complete();
  }

  /** Enters a key that the caller holds already; undefined where it has to be taken. Throws where neither may be. */
  private enter(owner: object, { key, settings, signal }: LockRequest): Part | undefined {
    if (signal?.aborted) throw signal.reason;
    const holdsAny = isHolding();
    const outer = holdsAny ? holderOf<LockHandle>(owner, key) : undefined;
    if (!outer) {
      if (this.isClosing) throw shutdownError(key);
      if (holdsAny && settings.wait > 0) this.order?.asks(heldKeys(owner), key);
      return undefined;
    }
    const holder = outer.holderOf(key)!;
    const loss = holder.checkLoss();
    if (loss) throw new LockLostError(loss.message, { key, cause: loss, reason: loss.reason });
    if (!settings.reentrant || !holder.settings.reentrant) throw new LockBusyError(messages.selfDeadlock(key), { key });
    if (!covers(holder.share, settings.share)) {
      throw new LockBusyError(shareMessages.weaker(key, holder.share.limit === Infinity), { key });
    }
    holder.depth += 1;
    this.events.audience?.next({ type: 'acquired', ...whose(holder), how: 're-entered', waitedMs: 0 });
    return { holder, outer };
  }
}

function shutdownError(key: string): LockShutdownError {
  return new LockShutdownError(messages.shutdown(key), { key });
}
