/**
 * The records of all keys, and how they are forgotten without a timer. A record is in use while the key has a holder
 * or a waiter. A finished one is remembered for repeated requests only: for the retention time, and of a limited
 * number of keys. A lease that was never given back, and whose key is not asked for again, is swept away by later
 * requests for other keys.
 */
import type { KeyRecord } from './key-record.js';

/** Of how many free keys the last lease is remembered. */
const REMEMBERED_KEYS = 256;
/** Records looked at for each one added: more than one, so that outdated ones are removed faster than new ones come. */
const SWEPT_PER_ADDITION = 2;

export class RecordTable {
  private readonly used = new Map<string, KeyRecord>();
  private readonly finished = new Map<string, KeyRecord>();
  private sweeping = this.used.entries();

  constructor(private readonly retention: number) {}

  /** How many keys are held or waited for, or were abandoned not long ago. */
  get size(): number {
    return this.used.size;
  }

  /** Of how many free keys the last lease is remembered. */
  get remembered(): number {
    return this.finished.size;
  }

  /** The keys that are held or waited for, or were abandoned not long ago. */
  keys(): string[] {
    return [...this.used.keys()];
  }

  find(key: string, now: number): KeyRecord | undefined {
    const record = this.used.get(key) ?? this.finished.get(key);
    return record?.isOutdated(now, this.retention) ? undefined : record;
  }

  /** Files a record after a request changed it. */
  file(key: string, record: KeyRecord, now: number): void {
    this.finished.delete(key);
    if (!record.isFree || record.queue?.first(now) !== undefined) {
      if (!this.used.has(key)) this.sweep(now);
      this.used.set(key, record);
      return;
    }
    this.used.delete(key);
    this.finished.set(key, record);
    for (const oldest of this.finished.keys()) {
      if (this.finished.size <= REMEMBERED_KEYS) break;
      this.finished.delete(oldest);
    }
  }

  clear(): void {
    this.used.clear();
    this.finished.clear();
  }

  private sweep(now: number): void {
    for (let i = 0; i < SWEPT_PER_ADDITION; i++) {
      const { done, value } = this.sweeping.next();
      if (done) {
        this.sweeping = this.used.entries();
        return;
      }
      const [key, record] = value;
      if (record.isOutdated(now, this.retention)) this.used.delete(key);
    }
  }
}
