/**
 * One acquisition as its caller holds it: the holds of its keys, and whether this handle was released. Several handles may
 * share a hold; the hold counts them.
 */
import type { Duration } from '../duration.js';
import { INSPECT, printed } from '../inspection.js';
import type { InspectArguments } from '../inspection.js';
import type { Lock } from '../lock.js';
import { LockNotHeldError } from '../lock.errors.js';
import type { LockLostError } from '../lock.errors.js';
import { messages, plain } from '../lock.messages.js';
import { AnyLoss } from './any-loss.js';
import { readTtl } from '../lock.settings.js';
import { PROCESS_ID_LENGTH } from '../stores/lock-store.js';
import type { Hold } from './hold.js';
import type { LeaseKeeper } from './lease-keeper.js';

/** Of so many keys loggers show the fencing tokens. */
const MOST_SHOWN = 20;

export class LockHandle implements Lock {
  // Private to the language, so that loggers and serialisers that walk through properties don't find the store.
  readonly #holds: readonly Hold[];
  readonly #first: Hold;
  readonly #keeper: LeaseKeeper;
  #released = false;
  #anyLoss: AnyLoss | undefined;
  /** The handles through which holds were entered again, by index of the hold. */
  #outers: readonly (LockHandle | undefined)[] | undefined;
  /** Holds that were entered again through this handle, by handles that were not released yet. */
  #entered: Hold[] | undefined;

  /**
   * @param holds - in the order in which their keys were given; never empty.
   * @param outers - the handles through which holds were entered again, by index of the hold.
   */
  constructor(holds: readonly Hold[], keeper: LeaseKeeper, outers?: readonly (LockHandle | undefined)[]) {
    this.#holds = holds;
    this.#first = holds[0]!;
    this.#keeper = keeper;
    this.#outers = outers;
    if (outers) for (let i = 0; i < outers.length; i++) outers[i]?.enteredBy(holds[i]!);
  }

  /** Not by `instanceof`, which something that only inherits from a lock passes, too. */
  static isOne(value: unknown): value is LockHandle {
    return typeof value === 'object' && value !== null && #keeper in value;
  }

  get key(): string {
    return this.#first.key;
  }

  get keys(): readonly string[] {
    return this.#holds.map(({ key }) => key);
  }

  get token(): string {
    return this.#first.token;
  }

  get fencingToken(): number {
    return this.#first.fencingToken;
  }

  get fencingTokens(): ReadonlyMap<string, number> {
    return new Map(this.#holds.map(({ key, fencingToken }) => [key, fencingToken]));
  }

  get ttl(): number {
    return this.#first.ttl;
  }

  get acquiredAt(): Date {
    return this.#first.acquiredAt;
  }

  get expiresAt(): Date {
    return new Date(Math.min(...this.#holds.map(({ expiresAt }) => expiresAt.getTime())));
  }

  get isHeld(): boolean {
    if (!this.#released && this.#holds.every((hold) => hold.isHeld)) return true;
    this.#announce();
    return false;
  }

  get signal(): AbortSignal {
    this.#announce();
    if (this.#holds.length === 1) return this.#first.signal;
    this.#anyLoss ??= new AnyLoss(this.#holds);
    return this.#anyLoss.signal;
  }

  /** Whether it belongs to a service. */
  isOf(keeper: LeaseKeeper): boolean {
    return this.#keeper === keeper;
  }

  /** Given back, and nobody else holds on to one of its keys. */
  get isOver(): boolean {
    if (!this.#released) return false;
    return this.#holds.length === 1 ? this.#first.depth === 0 : this.#holds.every(({ depth }) => depth === 0);
  }

  /** Whether whatever another handle is still good for can be had by this one. */
  covers(other: LockHandle): boolean {
    if (other === this) return true;
    return other.#released && other.#holds.every((hold) => hold.depth === 0 || this.#holds.includes(hold));
  }

  /** Whether this handle was given back. */
  get isReleased(): boolean {
    return this.#released;
  }

  /** Why the lock is lost, when it is. */
  get lossError(): LockLostError | undefined {
    return this.#holds.find((hold) => hold.lossError)?.lossError;
  }

  /** The hold of one of the handle's keys. */
  holdOf(key: string): Hold | undefined {
    return this.#holds.find((hold) => hold.key === key);
  }

  async renew(ttl?: Duration): Promise<void> {
    const milliseconds = ttl === undefined ? undefined : readTtl(ttl);
    if (this.#released) throw this.notHeld();
    await Promise.all(this.#holds.map((hold) => this.#keeper.renew(hold, milliseconds)));
  }

  release(): Promise<boolean> {
    if (this.#released) return Promise.reject(this.notHeld());
    return this.end().then(wasHeld);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#released) await this.end();
  }

  /** Gives the handle back and answers whether its lock was lost. Never rejects. */
  end(): Promise<LockLostError | undefined> {
    this.#released = true;
    if (this.#outers) this.#leaveOuters(this.#outers);
    const outliving = this.#entered?.[0];
    const ended = this.#holds.length === 1 ? endOne(this.#first) : this.#endAll();
    if (outliving?.isHeld) this.#keeper.outlived(outliving);
    return ended;
  }

  /** What loggers show. Who knows a token can release the lock, so it is not shown whole; nothing is noticed by looking. */
  toJSON(): Record<string, unknown> {
    const { key, token, ttl, fencingToken, acquiredAt, expiresAt } = this;
    const several = this.#holds.length > 1 && {
      fencingTokens: Object.fromEntries(
        this.#holds.slice(0, MOST_SHOWN).map((hold) => [plain(hold.key), hold.fencingToken]),
      ),
    };
    const isHeld = !this.#released && this.#holds.every((hold) => hold.looksHeld);
    return {
      key: plain(key),
      token: `${token.slice(0, PROCESS_ID_LENGTH)}…`,
      fencingToken,
      ...several,
      ttl,
      isHeld,
      isReleased: this.#released,
      acquiredAt,
      expiresAt,
    };
  }

  [INSPECT](...args: InspectArguments): string {
    return printed('Lock', this.toJSON(), ...args);
  }

  /** Somebody enters one of its keys again; while the others of several were waited for, the handle may have been released. */
  private enteredBy(hold: Hold): void {
    (this.#entered ??= []).push(hold);
    if (this.#released) this.#keeper.outlived(hold);
  }

  private leftBy(hold: Hold): void {
    const entered = this.#entered!;
    if (entered.at(-1) === hold) entered.pop();
    else entered.splice(entered.lastIndexOf(hold), 1);
  }

  /** The signal never says anything else than what was asked for. */
  #announce(): void {
    for (const hold of this.#holds) this.#keeper.announce(hold);
  }

  /** Tells the handles that this one entered through, and forgets them, who may be the last of many. */
  #leaveOuters(outers: readonly (LockHandle | undefined)[]): void {
    for (let i = 0; i < outers.length; i++) outers[i]?.leftBy(this.#holds[i]!);
    this.#outers = undefined;
  }

  async #endAll(): Promise<LockLostError | undefined> {
    const loss = await endAll(this.#holds);
    this.#anyLoss?.end();
    return loss;
  }

  private notHeld(): LockNotHeldError {
    return new LockNotHeldError(messages.notHeld(this.key), { key: this.key });
  }
}

function wasHeld(loss: LockLostError | undefined): boolean {
  return loss === undefined;
}

/** One handle less on a hold; the last one gives it back. */
function endOne(hold: Hold): Promise<LockLostError | undefined> {
  hold.depth -= 1;
  return hold.depth === 0 ? hold.holding.release(hold) : Promise.resolve(hold.lossError);
}

async function endAll(holds: readonly Hold[]): Promise<LockLostError | undefined> {
  // What was lost before counts before what proves lost now.
  const before = holds.find((hold) => hold.lossError)?.lossError;
  const losses = await Promise.all(holds.map(endOne));
  return before ?? losses.find((loss) => loss);
}
