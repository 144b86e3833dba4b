/** Histories written by hand, to try the judge on. */
import type { Begin, Entry, Life, WrittenShare } from '../history/entry.js';
import type { Rule } from './fault.js';
import { judge } from './verdict.js';

/** A hold of `key` that looks at `from` and at `until`, and ends then. */
export interface WrittenHold {
  readonly from: number;
  readonly until: number;
  readonly fence: number;
  readonly key?: string;
  readonly asked?: number;
  readonly token?: string;
  readonly ttl?: number;
  readonly held?: boolean;
  /** When its lease is over; when it begins, its process has just written. */
  readonly leaseEnd?: number;
  readonly isSection?: boolean;
  readonly inside?: number;
  readonly share?: WrittenShare;
  readonly continues?: boolean;
  /** It never gives back. */
  readonly open?: boolean;
  readonly outcome?: string;
}

/** One process, as it would have written. A look takes 0.1 ms. */
export class WrittenLife implements Life {
  readonly entries: Entry[] = [];
  private lastId = 0;

  constructor(
    readonly name: string,
    readonly killed = false,
  ) {}

  write(...entries: Entry[]): this {
    this.entries.push(...entries);
    return this;
  }

  /** Answers the hold's number. */
  hold(written: WrittenHold): number {
    const { from, until, fence, key = 'key', asked = from - 1, open = false, outcome = 'ok' } = written;
    const { ttl = 1_000, held = true, leaseEnd = from + 900, isSection = true, inside } = written;
    const { share = [1, 1], continues = false } = written;
    const id = ++this.lastId;
    const token = written.token ?? `${this.name}:${id}`;
    const begin: Begin = {
      e: 'begin',
      t: from,
      t1: from + 0.1,
      call: id,
      hold: id,
      token,
      fences: [[key, fence]],
      shares: [share],
      continues,
      ttl,
      held,
      leaseEnd,
      isSection,
    };
    this.write({ e: 'ask', t: asked, call: id, what: 'acquire', limit: 1_000 });
    this.write(inside === undefined ? begin : { ...begin, inside });
    if (open) return id;
    if (until > from) this.write({ e: 'look', t: until, t1: until + 0.1, hold: id, held });
    this.write({ e: 'end', t: until + 0.2, hold: id, call: id, limit: 1_000 });
    this.write({ e: 'settle', t: until + 0.3, call: id, outcome });
    return id;
  }

  /** A call that never had a lock. */
  call(
    asked: number,
    settled: number | null,
    { limit = 1_000, cancelled, outcome = 'LOCK_TIMEOUT' }: WrittenCall = {},
  ): this {
    const call = ++this.lastId;
    this.write({ e: 'ask', t: asked, call, what: 'acquire', limit });
    if (cancelled !== undefined) this.write({ e: 'cancel', t: cancelled, call });
    if (settled !== null) this.write({ e: 'settle', t: settled, call, outcome });
    return this;
  }

  /** Pulses from one time to another. */
  pulses(from: number, until: number, over: readonly number[] = []): this {
    for (let t = from; t <= until; t += 10) this.write({ e: 'pulse', t, t1: t, held: [], over });
    return this;
  }
}

interface WrittenCall {
  readonly limit?: number | null;
  readonly cancelled?: number;
  readonly outcome?: string;
}

/** The rules that a history breaks, without repetitions. */
export function broken(lives: readonly Life[], losses: readonly { from: number; until: number }[] = []): Rule[] {
  return [...new Set(judge({ lives, losses }).faults.map(({ rule }) => rule))];
}
