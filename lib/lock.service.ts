/** The service that applications inject. */
import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { acquireAgain } from './core/acquire-again.js';
import { ACQUIRE_OPTIONS } from './acquire.options.js';
import type { AcquireOptions, LockKeys, WithLockOptions } from './acquire.options.js';
import { currentLock, holderOf, runHolding, runHoldingNothing } from './core/context/lock-context.js';
import type { Duration } from './duration.js';
import { INSPECT, printed, setHidden } from './inspection.js';
import type { InspectArguments } from './inspection.js';
import { readLeadOptions } from './core/lead-options.js';
import { FleetLeadership } from './core/leadership.js';
import { LockHandle } from './core/lock-handle.js';
import { runOnce } from './core/once.js';
import type { OnceOptions, OnceOutcome } from './core/once.js';
import { readSection, runSection } from './core/section.js';
import type { LockOutcome, SectionArguments } from './core/section.js';
import { runSingleFlight } from './core/single-flight.js';
import type { SingleFlight } from './core/single-flight.js';
import type { Lock } from './lock.js';
import type { LockEngine } from './core/engine.js';
import { isLockError, LockLostError, LockNotHeldError, LockOptionsError } from './lock.errors.js';
import type { LockEvent } from './lock.events.js';
import type { Leadership, LeadOptions, LeadWork } from './lock.leadership.js';
import { messages } from './lock.messages.js';
import { readKey } from './core/key-requests.js';
import { checkCallOptions, checkSection, NO_OPTIONS } from './core/settings.js';
import type {
  ForceReleaseOptions,
  InspectOptions,
  KeyInspection,
  KeyOverview,
  ListOptions,
  PingOptions,
} from './lock.operations.js';

/**
 * Takes, renews and releases locks.
 *
 * @example
 * ```ts
 * \@Injectable()
 * class Orders {
 *   constructor(private readonly locks: LockService) {}
 *
 *   ship(id: string) {
 *     return this.locks.withLock(`order:${id}`, async (lock) => this.warehouse.ship(id, lock.fencingToken));
 *   }
 * }
 * ```
 */
@Injectable()
export class LockService {
  declare private readonly engine: LockEngine;

  /** @internal */
  constructor(engine: LockEngine) {
    // A logger that shows a service into which this one is injected must not come upon the connection.
    setHidden(this, 'engine', engine);
  }

  /**
   * What happens to locks: waiting, acquired, refused, renewed, lost, released, detached, forced, failed, warning. Hot: a subscriber gets
   * what happens from its subscription on. Completes when the module is closed.
   *
   * Listeners are called in order, as soon as the running code is done, outside of any async context, and may do
   * anything: acquire, release, abort, close. What they throw is logged (or handed to RxJS's
   * `config.onUnhandledError`), and disturbs no lock and no other listener.
   */
  get events$(): Observable<LockEvent> {
    return this.engine.events.stream$;
  }

  /**
   * Takes a key, or several all or none; waits for at most `wait`. Inside a `@Locked` method or `withLock` that holds
   * the key already it enters that lock again. The lock does not become the current one of the async context: pass the
   * handle on, or use {@link withLock} or {@link run}.
   *
   * @param keys - one key, or several, of which each may name its own share; repetitions count once.
   * @param options - what differs from the module's defaults.
   * @throws `LockBusyError` (`wait: 0`), `LockTimeoutError`, `LockUnavailableError`, `LockKeyError`,
   * `LockOptionsError`, `LockShutdownError`, `LockLostError` (entering a lost lock again), or the reason of `signal`.
   */
  acquire(keys: LockKeys, options: AcquireOptions = NO_OPTIONS): Promise<Lock> {
    return this.engine.acquire(this, keys, options, ACQUIRE_OPTIONS);
  }

  /**
   * As {@link acquire}, but answers `null` when another caller holds the key. It tries once, unless `wait` is given
   * here.
   *
   * @throws what {@link acquire} throws, except `LockBusyError` and `LockTimeoutError`.
   */
  async tryAcquire(keys: LockKeys, options: AcquireOptions = {}): Promise<Lock | null> {
    checkCallOptions(options, ACQUIRE_OPTIONS, 'tryAcquire()');
    try {
      return await this.acquire(keys, { ...options, wait: options.wait ?? 0 });
    } catch (error) {
      if (isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT')) return null;
      throw error;
    }
  }

  /**
   * Runs a section while holding a key, and releases it whatever happens. Within the section the lock is the current
   * one. The section's own error reaches the caller unchanged; so does its result, unless the lock was lost meanwhile
   * (see {@link WithLockOptions.onLost}). A release that fails changes neither: it is a `failed` event.
   *
   * @throws what {@link acquire} throws, what the section throws, or `LockLostError` with the section's `result`.
   */
  withLock<Result>(keys: LockKeys, section: (lock: Lock) => Result | PromiseLike<Result>): Promise<Result>;
  withLock<Result>(
    keys: LockKeys,
    options: WithLockOptions,
    section: (lock: Lock) => Result | PromiseLike<Result>,
  ): Promise<Result>;
  withLock<Result>(keys: LockKeys, ...given: SectionArguments<Result>): Promise<Result> {
    // Not an async function, which would be a promise more for each waiter.
    try {
      return runSection(this.engine, this, keys, readSection('withLock()', given));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * As {@link withLock}, but answers that another caller holds the key instead of throwing it. It tries once, unless
   * `wait` is given here. Whatever else goes wrong is thrown, a busy lock of the section's own included: so "busy" can't be
   * mistaken for "broken", nor an empty result for a section that did not run.
   *
   * @returns the section's `result`, or the `error` that says who was in the way (`LockBusyError`, `LockTimeoutError`).
   * @throws what {@link withLock} throws, except the `LockBusyError` or `LockTimeoutError` of its own keys.
   * @example
   * ```ts
   * const outcome = await locks.tryWithLock('report', async () => reports.write());
   * if (outcome.acquired) return outcome.result;
   * logger.log(`Somebody else writes it: ${outcome.error.message}`);
   * ```
   */
  tryWithLock<Result>(
    keys: LockKeys,
    section: (lock: Lock) => Result | PromiseLike<Result>,
  ): Promise<LockOutcome<Result>>;
  tryWithLock<Result>(
    keys: LockKeys,
    options: WithLockOptions,
    section: (lock: Lock) => Result | PromiseLike<Result>,
  ): Promise<LockOutcome<Result>>;
  async tryWithLock<Result>(keys: LockKeys, ...given: SectionArguments<Result>): Promise<LockOutcome<Result>> {
    const { options, onLost, section } = readSection('tryWithLock()', given);
    let hasBegun = false;
    const begun = (lock: Lock): Result | PromiseLike<Result> => {
      hasBegun = true;
      return section(lock);
    };
    try {
      const once = { ...options, wait: options.wait ?? 0 };
      return {
        acquired: true,
        result: await runSection(this.engine, this, keys, { options: once, onLost, section: begun }),
      };
    } catch (error) {
      if (hasBegun || !isLockError(error, 'LOCK_BUSY', 'LOCK_TIMEOUT')) throw error;
      return { acquired: false, error };
    }
  }

  /**
   * Makes something once for all that need it at the same time: answers what `read` finds; where that is nothing
   * (`undefined`), takes the lock, reads again, and runs only where there is still nothing. For tokens to refresh, caches to
   * fill, balances to recharge.
   *
   * It prevents the mistake of reading before the lock only: each caller that has waited would then make it again, one after
   * the other. Callers that find it wait for nothing and lock nothing.
   *
   * @param keys - as for {@link acquire}.
   * @param flight - how to find the result, and how to make it.
   * @param options - as for {@link withLock}; `wait` should be longer than one run takes. `minHold` and `onLost` count where it ran.
   * @throws what {@link withLock} throws, and what `read` and `run` throw. What `run` throws goes to its own caller only, and
   * the next one runs: against a service that is down each caller tries in turn, for as long as its `wait` lasts.
   * @example
   * ```ts
   * const token = await locks.singleFlight('token:github', {
   *   read: async () => (await cache.get('token:github')) ?? undefined,
   *   run: async () => {
   *     const token = await github.refresh();
   *     await cache.set('token:github', token);
   *     return token;
   *   },
   * });
   * ```
   */
  singleFlight<Result>(
    keys: LockKeys,
    flight: SingleFlight<Result>,
    options: WithLockOptions = NO_OPTIONS,
  ): Promise<Result> {
    return runSingleFlight(this.engine, this, keys, flight, options);
  }

  /**
   * Runs something at most once in a time, in the whole fleet: at boot, or for a message that comes to every instance. It
   * never waits: a call that is too late, or comes while another runs, answers at once that it did not run.
   *
   * It prevents the mistake of taking a lock with `wait: 0` for it: an instance that starts a moment after the first has
   * finished finds the key free, and runs again. Here the store keeps the key for the time `within`, counted from the
   * beginning of the run, even if the process dies.
   *
   * @param key - what is run; a key of its own, that nothing else locks.
   * @param run - gets the lock. Where it throws, the key is given back at once, so that another call may try (if the store
   * can't be reached then, when `within` is over). Where it takes longer than `within`, the key stays locked until it ends.
   * @param options - `within`, and as for {@link withLock}.
   * @throws what `run` throws; `LockLostError` with the result, see {@link WithLockOptions.onLost}; `LockUnavailableError`,
   * `LockKeyError`, `LockOptionsError`, `LockShutdownError`.
   * @example
   * ```ts
   * async onApplicationBootstrap() {
   *   await this.locks.once('warm-up:v42', () => this.prices.warmUp(), { within: '10m' });
   * }
   * ```
   */
  once<Result>(
    key: string,
    run: (lock: Lock) => Result | PromiseLike<Result>,
    options: OnceOptions,
  ): Promise<OnceOutcome<Result>> {
    return runOnce(this.engine, this, key, run, options);
  }

  /**
   * Has one instance of the fleet do something for as long as it can: a scheduler, a poller, a consumer that must be alone.
   * Every instance calls it. One leads, and the others wait in the queue of the key; when the leader resigns, dies or loses its
   * lock, the next one leads: at once after a resignation, at most half a second after the end of the lease (`ttl`) after a crash.
   *
   * It prevents the mistakes of leaders made by hand: going on when the lock is lost, asking for it in a loop, keeping it through
   * a shutdown for a whole ttl, and ending for ever with the first error of Redis. The signal aborts before another
   * instance can lead, so work that heeds it is never done by two; only a resource that checks `lock.fencingToken` is safe from
   * a step that was already on its way.
   *
   * When the module closes, the signal aborts, the work has the grace time to end, and the next one leads at once.
   *
   * @param key - names what is led; a key of its own, that nothing else locks.
   * @param work - what the leader does until its signal aborts.
   * @param options - what differs from the module's defaults, and what follows when the work ends.
   * @throws `LockKeyError`, `LockOptionsError`; nothing else: failures of the store are waited out.
   * @example
   * ```ts
   * onApplicationBootstrap() {
   *   this.locks.lead('scheduler', async (signal, lock) => {
   *     while (!signal.aborted) {
   *       await this.jobs.runDue(lock.fencingToken);
   *       await setTimeout(1_000, undefined, { signal }); // of node:timers/promises
   *     }
   *   });
   * }
   * ```
   */
  lead(key: string, work: LeadWork, options: LeadOptions = NO_OPTIONS): Leadership {
    readKey(key, 'lead()', this.engine.maxKeyBytes);
    checkSection('lead()', work);
    return new FleetLeadership(this.engine, this, key, work, readLeadOptions(options));
  }

  /**
   * Goes on with a lock that another process has given away with `Lock.detach`: the same keys, tokens and options. The lock
   * is renewed here from now on.
   *
   * Each text is for one adopter. A second one by the same service is refused; one in another process or module is not noticed while the
   * first holds the lock, so both would work at the same time: a job queue that may deliver twice needs a resource that
   * checks the fencing token, or a lock that the job takes by itself.
   *
   * @param text - what `detach()` has returned.
   * @throws `LockLostError` when a key went to another caller since, or a lease that shares its key has ended, `LockUnavailableError` when that could not be learned
   * (try again within the `ttl`), `LockShutdownError`, `LockOptionsError` for another text.
   */
  adopt(text: string): Promise<Lock> {
    return this.engine.adopt(text);
  }

  /**
   * Runs code with a lock from {@link acquire} as the current one, so that what it calls can enter the lock again. It
   * does not release the lock.
   *
   * @throws `LockNotHeldError` when the lock was released, `LockLostError` when it is lost, `LockOptionsError` when it is
   * not a lock of this service.
   */
  run<Result>(lock: Lock, section: () => Result): Result {
    checkSection('run()', section);
    const handle = this.own(lock);
    if (handle.isReleased) throw new LockNotHeldError(messages.notHeld(lock.key), { key: lock.key });
    const loss = handle.checkLoss();
    if (loss) throw new LockLostError(loss.message, { key: loss.key, cause: loss, reason: loss.reason });
    return runHolding(this, handle, section);
  }

  /**
   * Runs code as if nothing were held, neither by this service nor by another: `current()` finds no lock, and a key
   * that the caller holds is busy, as for any other caller. For work that is not part of the section from which it
   * happens to be started: tasks given to a shared pool, events, the next run of a job. Other `AsyncLocalStorage`s
   * stay as they are.
   *
   * @returns what the code returns.
   * @throws what the code throws; `LockOptionsError` when it is no function.
   * @example
   * ```ts
   * await locks.withLock('order:42', async () => {
   *   locks.outside(() => queue.add(() => orders.ship('42'))); // waits until this section has ended
   * });
   * ```
   */
  outside<Result>(section: () => Result): Result {
    checkSection('outside()', section);
    return runHoldingNothing(section);
  }

  /**
   * Extends a lease by hand: of the current lock, of a key that is held in this async context, or of a lock.
   *
   * @param target - a key or a lock; by default the current lock.
   * @param ttl - new length of the lease; by default what it was.
   * @throws what `Lock.renew` throws; `LockNotHeldError` when nothing is held here; `LockOptionsError` for a lock that
   * is not of this service.
   */
  async renew(target?: string | Lock, ttl?: Duration): Promise<void> {
    if (typeof target === 'object') return this.own(target).renew(ttl);
    await this.current(target === undefined ? target : readKey(target, 'renew()')).renew(ttl);
  }

  /**
   * The innermost lock that the running code holds; with a key, the innermost one that covers it.
   *
   * @throws `LockNotHeldError` when there is none in this async context.
   */
  current(key?: string): Lock {
    if (key !== undefined) readKey(key, 'current()');
    const lock = currentLock<LockHandle>(this, key);
    if (lock) return lock;
    throw new LockNotHeldError(key === undefined ? messages.noCurrent() : messages.noCurrentOf(key), { key });
  }

  /** Whether the running code holds a key, and its lease has not ended. Sends nothing: it goes by the clock. */
  holds(key: string): boolean {
    return holderOf<LockHandle>(this, readKey(key, 'holds()'))?.holderOf(key)?.isHeld ?? false;
  }

  /**
   * Looks at a key without taking it: its holders with their processes, how long their leases last, the queue, and what
   * those processes say themselves (for what, since when). It has the tokens of the leases in it, which are secrets: whoever
   * has one can release the lock. For people and dashboards; the answer may be out of date
   * when it arrives. A process that does not answer in time is not waited for any longer.
   *
   * @throws `LockUnavailableError`, `LockKeyError`, `LockOptionsError`.
   * @example
   * ```ts
   * const { holder, waiting } = await locks.inspect('order:42');
   * if (holder) logger.log(`${holder.process?.host} has it, ${waiting.length} wait`);
   * ```
   */
  async inspect(key: string, options: InspectOptions = NO_OPTIONS): Promise<KeyInspection> {
    readKey(key, 'inspect()', this.engine.maxKeyBytes);
    return this.engine.operator.inspect(key, options);
  }

  /**
   * The keys that are held or waited for, in no order, with the process that holds each. It reads them in pieces, so that it
   * does not hold up the server, and what comes and goes meanwhile may be missing.
   *
   * @throws `LockUnavailableError`, also where the store can't list its keys; `LockOptionsError`.
   * @example
   * ```ts
   * for await (const { key, process, waitingCount } of locks.list({ match: 'order:*', limit: 100 })) {
   *   logger.log(`${key}: ${process?.host ?? 'unknown'}, ${waitingCount} waiting`);
   * }
   * ```
   */
  list(options: ListOptions = NO_OPTIONS): AsyncIterable<KeyOverview> {
    return this.engine.operator.list(options);
  }

  /**
   * Asks the store whether it can serve; for health checks. It settles within its own time limit, however long a command may
   * take.
   *
   * @returns milliseconds that the answer took.
   * @throws `LockUnavailableError`, `LockOptionsError`.
   */
  ping(options: PingOptions = NO_OPTIONS): Promise<number> {
    return this.engine.operator.ping(options);
  }

  /**
   * Takes a key away from its holders, and admits the next in the queue. A holder that still works is told in the same step:
   * its `lock.signal` aborts with a `LockLostError` that carries the reason; where it does not hear (it has adopted the lock from
   * the process that is told, or its connection is down), it learns at its next renewal, or by its release at the latest. From then on it is no longer alone. Callers of the
   * holder's process that wait for the key may still be handed it until the process has heard. Where another program has put
   * something that is not a lock in the lock's place (`inspect` answers `foreign: true`), it is deleted.
   *
   * @returns whether the key was held, or something was deleted.
   * @throws `LockUnavailableError`, `LockKeyError`, `LockOptionsError`.
   * @example
   * ```ts
   * await locks.forceRelease('order:42', { reason: 'worker-7 hangs, INC-311', by: 'ada' });
   * ```
   */
  async forceRelease(key: string, options: ForceReleaseOptions = NO_OPTIONS): Promise<boolean> {
    readKey(key, 'forceRelease()', this.engine.maxKeyBytes);
    return this.engine.operator.forceRelease(key, options);
  }

  /**
   * What answers people on duty, for readers that pace themselves.
   * @internal
   */
  get operator(): LockEngine['operator'] {
    return this.engine.operator;
  }

  /**
   * How long a key may be, in bytes of UTF-8.
   * @internal
   */
  get maxKeyBytes(): number {
    return this.engine.maxKeyBytes;
  }

  /**
   * Whether the module behind the service is closing.
   * @internal
   */
  get isClosing(): boolean {
    return this.engine.isClosing;
  }

  /**
   * Takes the keys again of a lock whose lease ended before its section could begin, within what is left of the wait.
   * @internal
   */
  acquireAgain(over: Lock, keys: LockKeys, options: AcquireOptions, askedAt: number): Promise<Lock> {
    return acquireAgain(this.engine, this.own(over), { owner: this, keys, options, askedAt });
  }

  /**
   * Gives a lock back, unless that was done already; answers its error where it was lost.
   * @internal
   */
  async giveBack(lock: Lock): Promise<LockLostError | undefined> {
    const handle = this.own(lock);
    return handle.isReleased ? undefined : handle.leave();
  }

  /**
   * Why a lock is lost, by the clock; `undefined` while it is held.
   * @internal
   */
  lossOf(lock: Lock): LockLostError | undefined {
    return this.own(lock).checkLoss();
  }

  /** @internal */
  toJSON(): Record<string, unknown> {
    return this.engine.toJSON();
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    return printed('LockService', this.toJSON(), ...args);
  }

  private own(lock: Lock): LockHandle {
    if (LockHandle.isOne(lock)) {
      if (this.engine.owns(lock)) return lock;
      throw new LockOptionsError(messages.foreignLock(lock.key), { key: lock.key });
    }
    throw new LockOptionsError(messages.option('lock', lock, 'a lock that acquire() of this LockService returned'));
  }
}
