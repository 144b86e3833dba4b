/** Listeners that do random things, synchronously: whatever a listener does must harm nobody. */
import type { Subscription } from 'rxjs';
import type { LockEvent, LockService } from '../../../lib/index.js';
import { now } from '../clock.js';
import type { Recorder } from '../history/recorder.js';
import type { Random } from '../../support/random.js';
import { RENEW_LIMIT } from '../times.js';
import type { Shop } from './shop.js';

/** So many calls of listeners at once, so that callers get their share. */
const MOST = 6;
const ODDS = 0.12;

export class Mischief {
  private open = 0;
  private subscription: Subscription | undefined;
  /** Asks again after every timeout, as many users do. */
  private readonly isStubborn: boolean;

  constructor(
    private readonly shop: Shop,
    private readonly recorder: Recorder,
    private readonly random: Random,
    /** Closes the module and opens another. */
    private readonly reopen: (() => void) | undefined,
  ) {
    this.isStubborn = random.chance(0.4);
  }

  /** Listens to a service from now on. */
  attend(locks: LockService): void {
    this.subscription?.unsubscribe();
    this.subscription = locks.events$.subscribe((event) => this.onEvent(locks, event));
  }

  /** A lock's signal aborted. */
  onLoss(): void {
    this.checkContext(this.shop.locks, 'the signal of a lock');
    if (this.shop.settings.mischief && this.random.chance(0.5)) this.act(this.shop.locks, this.shop.key(this.random));
  }

  private onEvent(locks: LockService, { type, key, ...event }: LockEvent): void {
    if (type === 'warning') this.report('outcome', `a warning without a cause: ${JSON.stringify(event)}`);
    if (this.random.chance(0.2)) this.checkContext(locks, `a listener of ${type}`);
    if (!this.shop.settings.mischief) return;
    if (type === 'refused' && this.isStubborn) this.brief(key);
    else if (this.random.chance(ODDS)) this.act(locks, key);
    if (this.random.chance(0.02)) throw new Error(`a listener of ${type} throws`);
  }

  private act(locks: LockService, key: string): void {
    const { shop, random } = this;
    const [handy] = shop.handy;
    const deeds: (() => void)[] = [
      () => this.brief(key),
      () => this.brief(shop.key(random)),
      () => this.section(key),
      () => shop.calls.cancelOne(random),
      () => shop.calls.cancelAll(),
      () => void (handy && shop.release(handy)),
      () => void (handy && shop.calls.make('renew by a listener', RENEW_LIMIT, () => handy.lock.renew(300))),
      () => this.attend(locks),
    ];
    random.pick(deeds)();
    if (this.reopen && random.chance(0.01)) this.reopen();
  }

  private brief(key: string): void {
    void this.limited(async () => {
      const wait = this.random.pick([0, 5, 50, 300]);
      const hold = await this.shop.acquire('acquire by a listener', key, { ttl: 300, wait });
      if (hold) await this.shop.release(hold);
    });
  }

  private section(key: string): void {
    const options = { ttl: 300, wait: 50 };
    void this.limited(() => this.shop.within('section of a listener', key, options, async (hold) => void hold.look()));
  }

  private async limited(work: () => Promise<void>): Promise<void> {
    if (this.open >= MOST && !this.shop.isClosing) return;
    this.open += 1;
    await work();
    this.open -= 1;
  }

  /** Nobody's lock may be the current one where the library calls back. */
  private checkContext(locks: LockService, where: string): void {
    let key: string;
    try {
      key = locks.current().key;
    } catch {
      return;
    }
    this.report('context', `${where} runs inside the lock of ${key}`);
  }

  private report(rule: 'context' | 'outcome', text: string): void {
    this.recorder.write({ e: 'wrong', t: now(), rule, text });
  }
}
