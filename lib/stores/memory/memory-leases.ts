/**
 * The data of a store in memory: what a Redis server is to the other one. Several stores may look at the same leases, as
 * several processes look at one server; each hears of the grants to its own tokens.
 */
import { DEFAULT_TIMING, PROCESS_ID_LENGTH } from '../lock-store.js';
import type { GrantListener, StoreTiming } from '../lock-store.js';
import { toMicroseconds } from './clock.js';
import { KeyRecord } from './key-record.js';
import type { RecordSurroundings } from './key-record.js';
import { RecordTable } from './record-table.js';

/** Leases that live as long as somebody refers to them. */
export class MemoryLeases {
  /** @internal */
  readonly records: RecordTable;
  private readonly surroundings: RecordSurroundings;
  private readonly listeners = new Map<string, GrantListener>();
  private lastFence = 0;

  /** @param timing - numbers of the protocol that differ from the defaults. */
  constructor(timing: Partial<StoreTiming> = {}) {
    const { claimWindow, placeLife, retention } = { ...DEFAULT_TIMING, ...timing };
    this.records = new RecordTable(toMicroseconds(retention));
    this.surroundings = {
      claimWindow: toMicroseconds(claimWindow),
      placeLife: toMicroseconds(placeLife),
      nextFence: (now) => this.nextFence(now),
      reportGrant: (token) => this.reportGrant(token),
    };
  }

  /** @internal */
  newRecord(): KeyRecord {
    return new KeyRecord(this.surroundings);
  }

  /**
   * Sets who hears of grants to tokens that begin with a process id.
   * @internal
   */
  listen(processId: string, listener: GrantListener | null): void {
    if (listener) this.listeners.set(processId, listener);
    else this.listeners.delete(processId);
  }

  /** One sequence for all keys: it grows for every key, whatever was forgotten about that key. */
  private nextFence(now: number): number {
    this.lastFence = Math.max(this.lastFence + 1, now);
    return this.lastFence;
  }

  private reportGrant(token: string): void {
    // A promise and not queueMicrotask, which fake clocks replace. What the listener throws is no concern of the
    // caller whose request admitted the waiter: the report is only a hint.
    Promise.resolve(token)
      .then((admitted) => this.listeners.get(admitted.slice(0, PROCESS_ID_LENGTH))?.(admitted))
      .catch(() => undefined);
  }
}
