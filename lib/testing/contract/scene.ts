/**
 * What one case plays on. Cases run on a fake clock as well as on a real one: whatever must be expired is short, whatever
 * must be alive lasts a minute, and no case depends on how long a request takes.
 */
import { randomUUID } from 'node:crypto';
import type { LockStore, StoreTiming } from '../../stores/lock-store.js';
import { DEFAULT_TIMING } from '../../stores/protocol.js';
import { Driver, LONG, SHORT } from './driver.js';
import type { LockStoreHarness, LockStoreHarnessFactory } from './harness.js';

/** By then all that is {@link SHORT} has ended, though a request took its time. */
const OVER = SHORT + 250;

/** Long enough that a waiter that gives a sign every tenth of it never loses its place. */
export const PLACE_LIFE = 2_000;

/** The stores of one case. */
export class Scene {
  private readonly stores = new Set<LockStore>();
  private keys = 0;

  private constructor(private readonly harness: LockStoreHarness) {}

  /** Plays a case on a scene of its own, and clears it away, whatever came of it. */
  static async play(factory: LockStoreHarnessFactory, play: (scene: Scene) => Promise<void>): Promise<void> {
    const scene = new Scene(await factory());
    try {
      await play(scene);
    } catch (error) {
      // What goes wrong behind a case that failed would hide why it did.
      await scene.clear().catch(() => undefined);
      throw error;
    }
    await scene.clear();
  }

  /** Whether time stands still but for {@link advance}. */
  get hasFakeClock(): boolean {
    return this.harness.hasFakeClock === true;
  }

  /**
   * A process with a store of its own; all of one scene see the same data. Claim windows and places in the queue outlive
   * the case unless `timing` says otherwise.
   */
  async open(timing: Partial<StoreTiming> = {}): Promise<Driver> {
    const store = await this.harness.open({ ...DEFAULT_TIMING, claimWindow: LONG, placeLife: LONG, ...timing });
    this.stores.add(store);
    await store.start();
    return new Driver(store);
  }

  /** Lets everything {@link SHORT} end. */
  expire(): Promise<void> {
    return this.advance(OVER);
  }

  /** Lets every place in the queue end that gives no sign; `sign` gives those of the others. For stores with {@link PLACE_LIFE}. */
  async outlivePlaces(sign: () => Promise<void>): Promise<void> {
    for (let passed = 0; passed < PLACE_LIFE * 1.2; passed += PLACE_LIFE / 10) {
      await this.advance(PLACE_LIFE / 10);
      await sign();
    }
  }

  async advance(ms: number): Promise<void> {
    if (this.harness.advance) await this.harness.advance(ms);
    else await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** A key that no case used before. */
  key(): string {
    return `contract ${(this.keys += 1)} ${randomUUID()}`;
  }

  private async clear(): Promise<void> {
    const { harness } = this;
    const closing = [...this.stores].map(async (store) => (harness.close ? harness.close(store) : store.stop()));
    const outcomes = await Promise.allSettled(closing);
    await harness.dispose?.();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
