/**
 * The data of a store in memory: what a Redis server is to the other one. Several stores may look at the same leases, as
 * several processes look at one server; each hears of the grants to its own tokens.
 */
import { INSPECT, printed } from '../../inspection.js';
import type { InspectArguments } from '../../inspection.js';
import { DEFAULT_TIMING, PROCESS_ID_LENGTH } from '../protocol.js';
import type { Grant, GrantListener, StoreTiming } from '../lock-store.js';
import { toMicroseconds } from './clock.js';
import type { RecordSurroundings } from './key-holders.js';
import { KeyRecord } from './key-record.js';
import { RecordTable } from './record-table.js';

/** Leases in memory, for one {@link MemoryLockStore} or several that exclude each other. */
export class MemoryLeases {
  /** @internal */
  readonly records: RecordTable;
  /** @internal */
  protected readonly surroundings: RecordSurroundings;
  private readonly listeners = new Map<string, GrantListener>();
  /** How processes have introduced themselves, and until when that is remembered, in monotonic time. */
  private readonly descriptions = new Map<string, { readonly text: string; readonly until: number }>();
  /** One sequence for all keys: it grows for every key, whatever was forgotten about that key. */
  private lastFence = 0;

  /** @param timing - numbers of the protocol that differ from the defaults. */
  constructor(timing: Partial<StoreTiming> = {}) {
    const { claimWindow, placeLife, retention } = { ...DEFAULT_TIMING, ...timing };
    this.records = new RecordTable(toMicroseconds(retention));
    this.surroundings = {
      claimWindow,
      placeLife: toMicroseconds(placeLife),
      nextFence: (now, atLeast) => (this.lastFence = Math.max(this.lastFence + 1, now, atLeast)),
      sawFence: (fencingToken) => (this.lastFence = Math.max(this.lastFence, fencingToken)),
      reportGrant: (grant) => this.reportGrant(grant),
    };
  }

  /** @internal */
  toJSON(): Record<string, unknown> {
    return { keys: this.records.size };
  }

  /** @internal */
  [INSPECT](...args: InspectArguments): string {
    return printed('MemoryLeases', this.toJSON(), ...args);
  }

  /** @internal */
  newRecord(): KeyRecord {
    return new KeyRecord(this.surroundings);
  }

  /**
   * Sets the listener that hears of grants to tokens that begin with a process id.
   * @internal
   */
  listen(processId: string, listener: GrantListener | null): void {
    if (listener) this.listeners.set(processId, listener);
    else this.listeners.delete(processId);
  }

  /** @internal */
  introduce(processId: string, text: string, life: number): void {
    const now = performance.now();
    for (const [id, { until }] of this.descriptions) if (until <= now) this.descriptions.delete(id);
    this.descriptions.set(processId, { text, until: now + life });
  }

  /** @internal */
  describe(processId: string): string | undefined {
    const { text, until = 0 } = this.descriptions.get(processId) ?? {};
    return until > performance.now() ? text : undefined;
  }

  /**
   * Answers whether anybody listens there.
   * @internal
   */
  tell(processId: string, text: string): boolean {
    const listener = this.listeners.get(processId);
    if (!listener?.told) return false;
    Promise.resolve()
      .then(() => this.listeners.get(processId)?.told?.(text))
      .catch(() => undefined);
    return true;
  }

  private reportGrant(grant: Grant): void {
    // A promise and not queueMicrotask, which fake clocks replace. What the listener throws is no concern of the
    // caller whose request admitted the waiter: the report is only a hint.
    Promise.resolve(grant)
      .then(() => this.listeners.get(grant.token.slice(0, PROCESS_ID_LENGTH))?.granted(grant))
      .catch(() => undefined);
  }
}
