/**
 * One instance of a fleet that stands for leader: it waits in the queue of the key, does the leader's work while it holds the
 * lock, and stands again. The lock is released only when the work has ended, and the work is told to end at the moment the lock
 * is lost: the next leader comes after it, never beside it. Nothing polls; rests are for failures.
 */
import { setMaxListeners } from 'node:events';
import type { Observable } from 'rxjs';
import { INSPECT, printed } from '../inspection.js';
import type { InspectArguments } from '../inspection.js';
import { isLockError, LockNotHeldError, LockShutdownError } from '../lock.errors.js';
import type { Leadership, LeadershipState, LeadWork } from '../lock.leadership.js';
import { messages, plain } from '../lock.messages.js';
import { acquireAgain } from './acquire-again.js';
import { holderOf, runHolding } from './context/lock-context.js';
import type { LockEngine } from './engine.js';
import { askClock } from './lease/clock-signal.js';
import { reportListenerError } from './guarded-stream.js';
import type { LeadSettings } from './lead-options.js';
import { LeadershipStates } from './leadership-states.js';
import type { LockHandle } from './lock-handle.js';

/** The rest after the first failure of the store in a row; it doubles with each, and a part of it is left to chance. */
const FIRST_REST = 250;
const LONGEST_REST = 5_000;

/** How the work of a leader has ended. */
interface Tenure {
  /** Whether the lock was lost meanwhile. */
  readonly isLost: boolean;
  /** What the work threw of its own. */
  readonly failure: { readonly error: unknown } | undefined;
}

export class FleetLeadership implements Leadership {
  readonly done: Promise<void>;
  // Private to the language, as in a lock: loggers that walk through properties must not come upon the connection.
  readonly #engine: LockEngine;
  readonly #owner: object;
  readonly #work: LeadWork;
  readonly #settings: LeadSettings;
  readonly #states: LeadershipStates;
  /** Aborts when this instance is not to stand any more. */
  readonly #end = new AbortController();
  /** While it leads. */
  #lock: LockHandle | undefined;
  #hasWarned = false;

  /** @param owner - the service whose locks these are. */
  constructor(
    engine: LockEngine,
    owner: object,
    readonly key: string,
    work: LeadWork,
    settings: LeadSettings,
  ) {
    this.#engine = engine;
    this.#owner = owner;
    this.#work = work;
    this.#settings = settings;
    this.#states = new LeadershipStates(engine.events);
    // Each lock that it waits for listens, and so does each user's request.
    setMaxListeners(0, this.#end.signal);
    engine.closing.add(this.#closing);
    // It outlasts the call that it was started by, which may be a request, or the section of another lock.
    this.done = engine.events.outside.run(() => this.#stand());
    this.done.catch(() => undefined);
  }

  get isLeader(): boolean {
    return this.#lock?.isHeld ?? false;
  }

  get state$(): Observable<LeadershipState> {
    return this.#states.stream$;
  }

  async resign(): Promise<void> {
    this.#end.abort();
    const own = this.#lock?.holderOf(this.key);
    // Within its work, whose end would wait for itself.
    if (own && holderOf<LockHandle>(this.#owner, this.key)?.holderOf(this.key) === own) return;
    await this.done.catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.resign();
  }

  /** What loggers show. */
  toJSON(): Record<string, unknown> {
    return { key: plain(this.key), state: this.#states.latest, isLeader: this.isLeader };
  }

  [INSPECT](...args: InspectArguments): string {
    return printed('Leadership', this.toJSON(), ...args);
  }

  async #stand(): Promise<void> {
    const { whenDone, pause, signal } = this.#settings;
    const onSignal = (): void => this.#end.abort(signal?.reason);
    if (signal?.aborted) onSignal();
    signal?.addEventListener('abort', onSignal);
    let last: Tenure | undefined;
    for (;;) {
      const lock = await this.#elected();
      if (!lock) break;
      const since = performance.now();
      const tenure = await this.#lead(lock);
      const isLast = this.#isEnding || (whenDone === 'stop' && !tenure.isLost);
      if (isLast) last = tenure;
      if (isLast) break;
      await this.#rest(tenure.isLost ? pause - (performance.now() - since) : pause);
    }
    signal?.removeEventListener('abort', onSignal);
    this.#engine.closing.delete(this.#closing);
    this.#states.become('stopped');
    if (last?.failure) throw last.failure.error;
  }

  /** Waits for the lock, for as long as it takes; undefined when this instance is not to stand any more. */
  async #elected(): Promise<LockHandle | undefined> {
    for (let failures = 0; !this.#isEnding; failures++) {
      try {
        return await this.#acquire();
      } catch (error) {
        if (this.#isEnding || isLockError(error, 'LOCK_SHUTDOWN')) return undefined;
        if (failures === 0) this.#report(error, messages.notElected(this.key, error));
        const longest = Math.min(FIRST_REST * 2 ** failures, LONGEST_REST);
        await this.#rest(longest * (0.5 + Math.random() / 2));
      }
    }
    return undefined;
  }

  async #acquire(): Promise<LockHandle> {
    const [engine, owner, keys, askedAt] = [this.#engine, this.#owner, this.key, performance.now()];
    const options = { ...this.#settings.acquire, signal: this.#end.signal };
    let lock = await engine.acquire(owner, keys, options);
    while (!lock.isHeld) lock = await acquireAgain(engine, lock, { owner, keys, options, askedAt });
    return lock;
  }

  async #lead(lock: LockHandle): Promise<Tenure> {
    // What has happened since the grant is not told to listeners that come now.
    if (this.#isEnding || !lock.isHeld) {
      await lock.endUnused();
      return { isLost: true, failure: undefined };
    }
    const turn = new AbortController();
    const [{ signal: lost }, { signal: ended }] = [lock, this.#end];
    const onLost = (): void => {
      this.#states.become('following');
      turn.abort(lost.reason);
    };
    const onEnd = (): void => turn.abort(ended.reason);
    setMaxListeners(0, turn.signal);
    // After a blocked event loop the work may ask before the loss is told; and what it has given back itself, it does not lead by.
    let notHeld: LockNotHeldError | undefined;
    askClock(turn.signal, () => {
      if (lock.isHeld) return undefined;
      const { key } = lock;
      return lock.signal.reason ?? (notHeld ??= new LockNotHeldError(messages.notHeld(key), { key }));
    });
    lost.addEventListener('abort', onLost);
    ended.addEventListener('abort', onEnd);
    this.#lock = lock;
    this.#states.become('leading');
    let failure: Tenure['failure'];
    try {
      await runHolding(this.#owner, lock, () => this.#work(turn.signal, lock));
      if (!turn.signal.aborted) this.#warnOfEnd();
    } catch (error) {
      if (!isConsequence(error, turn.signal, lock.checkLoss())) failure = { error };
    }
    lost.removeEventListener('abort', onLost);
    ended.removeEventListener('abort', onEnd);
    // Before the release, after which another leads: what the work has left behind must not go on beside that one.
    turn.abort();
    this.#states.become(this.#isEnding ? 'stopped' : 'following');
    const loss = lock.isReleased ? lock.checkLoss() : await lock.end();
    this.#lock = undefined;
    if (failure) this.#report(failure.error, messages.leaderFailed(this.key, failure.error));
    return { isLost: loss !== undefined, failure };
  }

  /** Once: it may be what is wanted. */
  #warnOfEnd(): void {
    if (this.#settings.whenDone === 'stop' || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#engine.say('warn', messages.leaderDone(this.key));
  }

  /** Tells of an error, when the running code is done. */
  #report(error: unknown, message: string): void {
    const { onError } = this.#settings;
    const { events } = this.#engine;
    if (!onError) return this.#engine.say('error', message);
    const announce = (): void => {
      const told = onError(error);
      if (told instanceof Promise) told.catch((thrown: unknown) => reportListenerError(thrown, events.log));
    };
    events.next({ announce });
  }

  /** Resolves after a time, or when this instance is not to stand any more. It keeps the process alive, as every wait does. */
  async #rest(milliseconds: number): Promise<void> {
    const { signal } = this.#end;
    if (milliseconds <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const over = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, milliseconds);
      signal.addEventListener('abort', over);
    });
  }

  get #isEnding(): boolean {
    return this.#end.signal.aborted;
  }

  /** What is told that the module is closing. */
  readonly #closing = {
    announce: (): void => this.#end.abort(new LockShutdownError(messages.shutdown(this.key), { key: this.key })),
  };
}

/** Whether an error says no more than that the work was told to end, or had to, because its lock was lost. */
function isConsequence(error: unknown, signal: AbortSignal, loss: unknown): boolean {
  // The work may have come upon the loss before listeners were told of it.
  if (loss !== undefined && isLockError(error, 'LOCK_LOST')) return true;
  if (!signal.aborted) return false;
  if (error === signal.reason || isLockError(error, 'LOCK_LOST', 'LOCK_SHUTDOWN')) return true;
  try {
    const { name, cause } = error as Error;
    return name === 'AbortError' || (cause !== undefined && cause === signal.reason);
  } catch {
    return false;
  }
}
