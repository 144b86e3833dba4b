/**
 * Says who this process is, where people look for the holder of a key: once it has held or waited for keys for a moment, and
 * again every ten seconds for as long as it does. It is called by the heartbeat, so a lock that is taken and given back at
 * once costs nothing, and a process that holds nothing says nothing.
 */
import type { LockStore } from '../../stores/lock-store.js';

/** Milliseconds between two introductions; how long one is remembered: so one may be lost. */
const [AGAIN, LIFE] = [10_000, 30_000];

export class Presence {
  private introducedAt = -Infinity;
  private description: string | undefined;

  /** @param describe - how it introduces itself; asked once. */
  constructor(
    private readonly store: LockStore,
    private readonly processId: string,
    private readonly describe: () => string,
  ) {}

  /** Whether there is nothing to be said: it has introduced itself not long ago, or can't. */
  isKnown(now: number): boolean {
    return !this.store.introduce || now - this.introducedAt < AGAIN;
  }

  /** It holds something, or waits. */
  show(now: number): void {
    if (this.isKnown(now)) return;
    this.introducedAt = now;
    this.description ??= this.describe();
    // Where it fails there are worse things to report, and the next time will do.
    this.store.introduce!(this.processId, this.description, LIFE).catch(() => undefined);
  }
}
