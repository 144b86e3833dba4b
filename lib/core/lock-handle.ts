/**
 * One acquisition as its caller has it: the holders of its keys, and whether this handle was released. Several handles may
 * share a holder, which counts them.
 */
import type { Duration } from '../duration.js';
import { INSPECT, printed, setHidden } from '../inspection.js';
import type { InspectArguments } from '../inspection.js';
import type { Lock, UpgradeOptions } from '../lock.js';
import { LockNotHeldError, LockOptionsError } from '../lock.errors.js';
import type { LockLostError } from '../lock.errors.js';
import type { LockSource } from '../lock.events.js';
import { messages, plain } from '../lock.messages.js';
import { optionNames } from '../option-names.js';
import { processIdOf } from '../stores/protocol.js';
import { AnyLoss } from './any-loss.js';
import { writeDetached } from './detached-text.js';
import { downgrade, upgrade } from './lease/conversion.js';
import type { Holder } from './lease/holder.js';
import { checkCallOptions, NO_OPTIONS, readSignal, readTtl, readWait } from './settings.js';
import { modeOf } from './share-options.js';
import { shareMessages } from './share.messages.js';
import type { HoldTrace } from './tracing/hold-trace.js';

/** Of how many keys loggers show the fencing tokens. */
const MOST_SHOWN = 20;

const UPGRADE_OPTIONS = optionNames<UpgradeOptions>({ wait: true, signal: true });

/** What few handles have. */
interface Extras {
  /** One signal for several keys. */
  anyLoss?: AnyLoss | undefined;
  /** The handles through which holders were entered again, by index of the holder. */
  outers?: readonly (LockHandle | undefined)[] | undefined;
  /** Publishes how long it is held. */
  trace?: HoldTrace | undefined;
  /** Holders that were entered again through this handle, by handles that were not released yet. */
  entered?: Holder[] | undefined;
  /** How long its caller had waited before it asked for this lock, in milliseconds; see {@link LockHandle.waitedBefore}. */
  waitedBefore?: number | undefined;
  /** What {@link LockHandle.waitedMs} was when the handle was given back, where other handles had a part in it. */
  waited?: number | undefined;
}

export class LockHandle implements Lock {
  // Private to the language, so that loggers and serialisers that walk through properties don't find the store.
  readonly #first: Holder;
  /** All holders, where there are several. */
  readonly #several: readonly Holder[] | undefined;
  #released = false;
  #extras: Extras | undefined;
  /** Runs a section as those want it that trace the lock; undefined while nobody does. */
  declare readonly run?: <Result>(section: () => Result) => Result;

  /**
   * @param holders - in the order in which their keys were given; never empty.
   * @param outers - the handles through which holders were entered again, by index of the holder.
   */
  constructor(holders: Holder | readonly Holder[], outers?: readonly (LockHandle | undefined)[]) {
    if (isList(holders)) {
      this.#first = holders[0]!;
      this.#several = holders.length > 1 ? holders : undefined;
    } else {
      this.#first = holders;
    }
    if (!outers) return;
    this.#extras = { outers };
    this.#each((holder, i) => outers[i]?.enteredBy(holder));
  }

  /** Not by `instanceof`, which an object that only inherits from a lock passes, too. */
  static isOne(value: unknown): value is LockHandle {
    return typeof value === 'object' && value !== null && #first in value;
  }

  get key(): string {
    return this.#first.key;
  }

  get keys(): readonly string[] {
    return this.#holders.map(({ key }) => key);
  }

  get token(): string {
    return this.#first.token;
  }

  get fencingToken(): number {
    return this.#first.fencingToken;
  }

  get fencingTokens(): ReadonlyMap<string, number> {
    return new Map(this.#holders.map(({ key, fencingToken }) => [key, fencingToken]));
  }

  get ttl(): number {
    return this.#first.ttl;
  }

  get mode(): Lock['mode'] {
    return modeOf(this.#first.share);
  }

  get acquiredAt(): Date {
    return this.#first.acquiredAt;
  }

  get waitedMs(): number {
    const { outers, waited, waitedBefore = 0 } = this.#extras ?? {};
    if (waited !== undefined) return waited;
    // To enter a key again takes no wait: that of its holder was the outer call's.
    const waits = this.#holders.map(({ waitedMs }, i) => (outers?.[i] ? 0 : waitedMs));
    return waitedBefore + Math.max(...waits);
  }

  get expiresAt(): Date {
    return new Date(Math.min(...this.#holders.map(({ expiresAt }) => expiresAt.getTime())));
  }

  get isHeld(): boolean {
    if (this.#released) return false;
    return this.#several ? this.#several.every((holder) => holder.isHeld) : this.#first.isHeld;
  }

  get signal(): AbortSignal {
    if (!this.#several) return this.#first.signal;
    const extras = this.#withExtras();
    extras.anyLoss ??= new AnyLoss(this.#several);
    return extras.anyLoss.signal;
  }

  /** Whether it belongs to the service with these requests. */
  isOf(requests: object): boolean {
    return this.#first.lease.requests === requests;
  }

  /** Whether this handle was given back, and no other handle shares one of its holders. */
  get isOver(): boolean {
    if (!this.#released) return false;
    return this.#several ? this.#several.every(({ depth }) => depth === 0) : this.#first.depth === 0;
  }

  /**
   * Whether this handle can stand in for another: that one was released, and what it still holds is held
   * by this one, too.
   */
  covers(other: LockHandle): boolean {
    if (other === this) return true;
    return other.#released && other.#holders.every((holder) => holder.depth === 0 || this.#holders.includes(holder));
  }

  /** Whether this handle was given back. */
  get isReleased(): boolean {
    return this.#released;
  }

  /** How the lock came, for each key. */
  get sources(): readonly LockSource[] {
    const outers = this.#extras?.outers;
    return this.#holders.map(({ how }, i) => (outers?.[i] ? 're-entered' : how));
  }

  /** Its caller had waited so many milliseconds already for a lock that was over before it could be used. */
  waitedBefore(milliseconds: number): this {
    const extras = this.#withExtras();
    extras.waitedBefore = (extras.waitedBefore ?? 0) + Math.round(milliseconds);
    return this;
  }

  /** From here on it is published how long it is held. */
  traceBy(trace: HoldTrace): void {
    this.#withExtras().trace = trace;
    setHidden(this, 'run', <Result>(section: () => Result): Result => trace.run(section));
  }

  /** Why the lock is lost, by the clock; `undefined` while it is held. */
  checkLoss(): LockLostError | undefined {
    for (const holder of this.#holders) {
      const loss = holder.checkLoss();
      if (loss) return loss;
    }
    return undefined;
  }

  /** The holder of one of the handle's keys. */
  holderOf(key: string): Holder | undefined {
    if (this.#first.key === key) return this.#first;
    return this.#several?.find((holder) => holder.key === key);
  }

  async renew(ttl?: Duration): Promise<void> {
    const milliseconds = ttl === undefined ? undefined : readTtl(ttl);
    if (this.#released) throw this.#notHeld();
    await Promise.all(this.#holders.map((holder) => holder.lease.renew(holder, milliseconds)));
  }

  async upgrade(options: UpgradeOptions = NO_OPTIONS): Promise<void> {
    checkCallOptions(options, UPGRADE_OPTIONS, 'upgrade()');
    const holder = this.#only();
    const wait = options.wait === undefined ? holder.settings.wait : readWait(options.wait);
    await upgrade(holder, { wait, signal: readSignal(options.signal) });
  }

  async downgrade(): Promise<void> {
    await downgrade(this.#only());
  }

  async detach(): Promise<string> {
    await this.#leave();
    this.#released = true;
    const detached = this.#holders.map((holder) => {
      holder.depth = 0;
      return holder.lease.detach(holder);
    });
    const extras = this.#extras;
    if (extras?.outers) this.#leaveOuters(extras.outers);
    extras?.anyLoss?.end();
    extras?.trace?.detached();
    return writeDetached(detached);
  }

  /** Makes sure that a full ttl is proven from here, and that no renewal comes behind that could cut the next owner's short. */
  async #leave(): Promise<void> {
    this.#each((holder) => holder.lease.checkDetachable(holder));
    try {
      await Promise.all(this.#holders.map(({ lease }) => lease.quieten()));
      await this.renew();
      if (this.#released) throw this.#notHeld();
      for (const holder of this.#holders) {
        holder.assertHeld();
        holder.lease.checkDetachable(holder);
      }
    } catch (error) {
      this.#each(({ lease }) => lease.resume());
      throw error;
    }
  }

  release(): Promise<boolean> {
    if (this.#released) return Promise.reject(this.#notHeld());
    return this.end().then(wasHeld);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#released) await this.leave();
  }

  /** As {@link end}, where nothing was done under the lock, so that its keys need not be kept. */
  endUnused(): Promise<LockLostError | undefined> {
    this.#each(({ depth, lease }) => {
      if (depth === 1) lease.dropMinHold();
    });
    return this.end();
  }

  /**
   * Gives the handle back as its options say, and answers whether its lock was lost, as far as that is known when its
   * release is sent or answered. Never rejects.
   */
  leave(): Promise<LockLostError | undefined> {
    if (this.#first.settings.release === 'awaited') return this.end();
    const loss = this.checkLoss();
    void this.end();
    return Promise.resolve(loss);
  }

  /** Gives the handle back and answers whether its lock was lost. Never rejects. */
  end(): Promise<LockLostError | undefined> {
    this.#released = true;
    const extras = this.#extras;
    if (!extras && !this.#several) return endOne(this.#first);
    if (extras?.outers) this.#leaveOuters(extras.outers);
    const outliving = extras?.entered?.[0];
    const ended = this.#several ? this.#endAll(this.#several) : endOne(this.#first);
    if (outliving?.isHeld) outliving.lease.outlived(outliving);
    extras?.trace?.released(ended);
    return ended;
  }

  /**
   * What loggers show. The token is not shown whole, because it is enough to release the lock. To look changes nothing.
   */
  toJSON(): Record<string, unknown> {
    const { key, token, ttl, fencingToken, acquiredAt, expiresAt } = this;
    const several = this.#several && {
      fencingTokens: Object.fromEntries(
        this.#several.slice(0, MOST_SHOWN).map((holder) => [plain(holder.key), holder.fencingToken]),
      ),
    };
    const isHeld = !this.#released && this.#holders.every((holder) => holder.looksHeld);
    return {
      key: plain(key),
      token: `${processIdOf(token)}…`,
      mode: this.mode,
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

  get #holders(): readonly Holder[] {
    return this.#several ?? [this.#first];
  }

  #each(act: (holder: Holder, index: number) => void): void {
    this.#holders.forEach(act);
  }

  #withExtras(): Extras {
    return (this.#extras ??= {});
  }

  /**
   * One of its keys is entered again. The handle may have been released while other keys of the same call
   * were waited for.
   */
  private enteredBy(holder: Holder): void {
    const extras = this.#withExtras();
    (extras.entered ??= []).push(holder);
    if (this.#released) holder.lease.outlived(holder);
  }

  private leftBy(holder: Holder): void {
    const entered = this.#extras!.entered!;
    if (entered.at(-1) === holder) entered.pop();
    else entered.splice(entered.lastIndexOf(holder), 1);
  }

  /** Tells the handles through which this one entered, and forgets them: this may be the last of many re-entries. */
  #leaveOuters(outers: readonly (LockHandle | undefined)[]): void {
    this.#each((holder, i) => outers[i]?.leftBy(holder));
    const extras = this.#extras!;
    extras.waited = this.waitedMs;
    extras.outers = undefined;
  }

  async #endAll(holders: readonly Holder[]): Promise<LockLostError | undefined> {
    const loss = await endAll(holders);
    this.#extras?.anyLoss?.end();
    return loss;
  }

  /** The holder of a lock of one key. */
  #only(): Holder {
    if (this.#released) throw this.#notHeld();
    const { key } = this;
    if (this.#several) throw new LockOptionsError(shareMessages.severalKeys(key), { key });
    return this.#first;
  }

  #notHeld(): LockNotHeldError {
    return new LockNotHeldError(messages.notHeld(this.key), { key: this.key });
  }
}

function isList(holders: Holder | readonly Holder[]): holders is readonly Holder[] {
  return Array.isArray(holders);
}

function wasHeld(loss: LockLostError | undefined): boolean {
  return loss === undefined;
}

/** One handle less on a holder; the last one gives its share back. */
function endOne(holder: Holder): Promise<LockLostError | undefined> {
  holder.depth -= 1;
  return holder.depth === 0 ? holder.lease.release(holder) : Promise.resolve(holder.checkLoss());
}

async function endAll(holders: readonly Holder[]): Promise<LockLostError | undefined> {
  // A loss from before comes first; one that the release brings to light comes after it.
  const losses = holders.map((holder) => holder.checkLoss());
  const ended = await Promise.all(holders.map(endOne));
  return losses.find((loss) => loss) ?? ended.find((loss) => loss);
}
