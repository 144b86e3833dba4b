/**
 * One acquisition as its caller holds it: the leases of its keys, and whether this handle was released. Several handles
 * may share a lease; the lease counts them.
 */
import type { Duration } from '../duration.js';
import type { Lock } from '../lock.js';
import { LockNotHeldError } from '../lock.errors.js';
import type { LockLostError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { readTtl } from '../lock.settings.js';
import type { Lease } from './lease.js';
import type { LeaseKeeper } from './lease-keeper.js';

export class LockHandle implements Lock {
  private released = false;
  private anySignal: AbortSignal | undefined;
  private readonly first: Lease;

  constructor(
    /** The leases in the order in which their keys were given; never empty. */
    private readonly leases: readonly Lease[],
    private readonly keeper: LeaseKeeper,
  ) {
    this.first = leases[0]!;
  }

  get key(): string {
    return this.first.key;
  }

  get keys(): readonly string[] {
    return this.leases.map(({ key }) => key);
  }

  get token(): string {
    return this.first.token;
  }

  get fencingToken(): number {
    return this.first.fencingToken;
  }

  get fencingTokens(): ReadonlyMap<string, number> {
    return new Map(this.leases.map(({ key, fencingToken }) => [key, fencingToken]));
  }

  get ttl(): number {
    return this.first.ttl;
  }

  get acquiredAt(): Date {
    return this.first.acquiredAt;
  }

  get expiresAt(): Date {
    return new Date(Math.min(...this.leases.map(({ expiresAt }) => expiresAt.getTime())));
  }

  get isHeld(): boolean {
    return !this.released && this.leases.every((lease) => lease.isHeld);
  }

  get signal(): AbortSignal {
    if (this.leases.length === 1) return this.first.signal;
    this.anySignal ??= AbortSignal.any(this.leases.map(({ signal }) => signal));
    return this.anySignal;
  }

  /** Whether this handle was given back. */
  get isReleased(): boolean {
    return this.released;
  }

  /** Why the lock is lost, when it is. */
  get lossError(): LockLostError | undefined {
    return this.leases.find((lease) => lease.lossError)?.lossError;
  }

  /** The lease of one of the handle's keys. */
  leaseOf(key: string): Lease | undefined {
    return this.leases.find((lease) => lease.key === key);
  }

  async renew(ttl?: Duration): Promise<void> {
    const milliseconds = ttl === undefined ? undefined : readTtl(ttl);
    if (this.released) throw this.notHeld();
    await Promise.all(this.leases.map((lease) => this.keeper.renew(lease, milliseconds)));
  }

  async release(): Promise<void> {
    if (this.released) throw this.notHeld();
    const loss = await this.end();
    if (loss) throw loss;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.released) await this.release();
  }

  /** Gives the handle back and answers whether its lock was lost. Never rejects. */
  async end(): Promise<LockLostError | undefined> {
    this.released = true;
    const loss = this.lossError;
    const last = this.leases.filter((lease) => (lease.depth -= 1) === 0);
    const lossAtRelease = await this.keeper.release(last);
    return loss ?? lossAtRelease;
  }

  private notHeld(): LockNotHeldError {
    return new LockNotHeldError(messages.notHeld(this.key), { key: this.key });
  }
}
