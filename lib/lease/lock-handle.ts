/**
 * One acquisition as its caller holds it: the holds of its keys, and whether this handle was released. Several handles may
 * share a hold; the hold counts them.
 */
import type { Duration } from '../duration.js';
import type { Lock } from '../lock.js';
import { LockNotHeldError } from '../lock.errors.js';
import type { LockLostError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { readTtl } from '../lock.settings.js';
import type { Hold } from './hold.js';
import type { LeaseKeeper } from './lease-keeper.js';

export class LockHandle implements Lock {
  private released = false;
  private anySignal: AbortSignal | undefined;
  private readonly first: Hold;

  constructor(
    /** The holds in the order in which their keys were given; never empty. */
    private readonly holds: readonly Hold[],
    private readonly keeper: LeaseKeeper,
  ) {
    this.first = holds[0]!;
  }

  get key(): string {
    return this.first.key;
  }

  get keys(): readonly string[] {
    return this.holds.map(({ key }) => key);
  }

  get token(): string {
    return this.first.token;
  }

  get fencingToken(): number {
    return this.first.fencingToken;
  }

  get fencingTokens(): ReadonlyMap<string, number> {
    return new Map(this.holds.map(({ key, fencingToken }) => [key, fencingToken]));
  }

  get ttl(): number {
    return this.first.ttl;
  }

  get acquiredAt(): Date {
    return this.first.acquiredAt;
  }

  get expiresAt(): Date {
    return new Date(Math.min(...this.holds.map(({ expiresAt }) => expiresAt.getTime())));
  }

  get isHeld(): boolean {
    return !this.released && this.holds.every((hold) => hold.isHeld);
  }

  get signal(): AbortSignal {
    if (this.holds.length === 1) return this.first.signal;
    this.anySignal ??= AbortSignal.any(this.holds.map(({ signal }) => signal));
    return this.anySignal;
  }

  /** Whether this handle was given back. */
  get isReleased(): boolean {
    return this.released;
  }

  /** Why the lock is lost, when it is. */
  get lossError(): LockLostError | undefined {
    return this.holds.find((hold) => hold.lossError)?.lossError;
  }

  /** The hold of one of the handle's keys. */
  holdOf(key: string): Hold | undefined {
    return this.holds.find((hold) => hold.key === key);
  }

  async renew(ttl?: Duration): Promise<void> {
    const milliseconds = ttl === undefined ? undefined : readTtl(ttl);
    if (this.released) throw this.notHeld();
    await Promise.all(this.holds.map((hold) => this.keeper.renew(hold, milliseconds)));
  }

  release(): Promise<void> {
    if (this.released) return Promise.reject(this.notHeld());
    return this.end().then(throwLoss);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.released) await this.release();
  }

  /** Gives the handle back and answers whether its lock was lost. Never rejects. */
  end(): Promise<LockLostError | undefined> {
    this.released = true;
    return this.holds.length === 1 ? endOne(this.first) : endAll(this.holds);
  }

  private notHeld(): LockNotHeldError {
    return new LockNotHeldError(messages.notHeld(this.key), { key: this.key });
  }
}

function throwLoss(loss: LockLostError | undefined): void {
  if (loss) throw loss;
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
