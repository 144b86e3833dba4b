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
  #anySignal: AbortSignal | undefined;

  /** @param holds - in the order in which their keys were given; never empty. */
  constructor(holds: readonly Hold[], keeper: LeaseKeeper) {
    this.#holds = holds;
    this.#first = holds[0]!;
    this.#keeper = keeper;
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
    return !this.#released && this.#holds.every((hold) => hold.isHeld);
  }

  get signal(): AbortSignal {
    if (this.#holds.length === 1) return this.#first.signal;
    this.#anySignal ??= AbortSignal.any(this.#holds.map(({ signal }) => signal));
    return this.#anySignal;
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
    return this.#holds.length === 1 ? endOne(this.#first) : endAll(this.#holds);
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
