/**
 * What the board remembers of the keys that it has read: it reads all of them in turn, slowly, and answers each viewer
 * from memory: searched, sorted, and cut into pages.
 */
import type { KeySummary } from '../stores/lock-store.js';
import { processIdOf } from '../stores/protocol.js';
import { processView } from './process-directory.js';
import type { ProcessDirectory } from './process-directory.js';
import { QueueHistory } from './queue-history.js';
import type { BoardSort, ListView, RowView } from './wire.js';

const PAGE_SIZE = 50;
/** More keys are counted as read and not remembered. */
const MOST_ROWS = 20_000;

/** So many milliseconds after a holder was first seen it is asked. */
const FIRST_ASK = 500;

/** A key as it was when it was last read. */
export interface KeyRow {
  summary: KeySummary;
  readAt: number;
  /** Which reading of all keys saw it last. */
  cycle: number;
  /** Since when its present holder has it, as far as that is known. */
  since: { readonly at: number; readonly isExact: boolean };
  /** The most that was left of its present lease. */
  longest: number;
  label: string | null;
  /** When its holder's process is to be asked since when it has it; Infinity once it has answered. */
  askAt: number;
  /** How long it is waited for the next time after that, in milliseconds. */
  askPause: number;
  readonly history: QueueHistory;
}

/** Which part of the list a viewer sees. */
export interface ListQuery {
  readonly search: string;
  readonly sort: BoardSort;
  readonly page: number;
}

export class KeyTable {
  private readonly rows = new Map<string, KeyRow>();
  private sorted = new Map<string, KeyRow[]>();
  private cycle = 0;
  /** Changes with whatever a viewer may see. */
  version = 0;
  isComplete = false;
  isCut = false;
  cycleMs: number | null = null;

  constructor(
    private readonly now: () => number,
    private readonly directory: ProcessDirectory,
  ) {}

  /** A key was read. */
  see(summary: KeySummary): void {
    const { key, holder } = summary;
    if (holder) this.directory.want(processIdOf(holder.token));
    if (summary.holderCount === 0 && summary.waitingCount === 0 && !summary.foreign) return this.forget(key);
    const now = this.now();
    let row = this.rows.get(key);
    if (!row) {
      if (this.rows.size >= MOST_ROWS) {
        this.isCut = true;
        return;
      }
      row = newRow(summary, now);
      this.rows.set(key, row);
    } else if (isAnotherHolder(row.summary, summary)) {
      Object.assign(row, { since: { at: now, isExact: false }, longest: 0, label: null, ...unasked(now) });
    }
    row.summary = summary;
    row.readAt = now;
    row.cycle = this.cycle;
    row.longest = Math.max(row.longest, holder?.expiresIn ?? 0);
    row.history.seen(summary.waitingCount, now);
    this.changed();
  }

  /** A key is neither held nor waited for any more. */
  forget(key: string): void {
    if (this.rows.delete(key)) this.changed();
  }

  get(key: string): KeyRow | undefined {
    return this.rows.get(key);
  }

  get size(): number {
    return this.rows.size;
  }

  beginCycle(): void {
    this.cycle += 1;
  }

  /** All keys were read; what was not seen is gone. */
  endCycle(took: number): void {
    for (const [key, { cycle }] of this.rows) if (cycle !== this.cycle) this.rows.delete(key);
    if (this.rows.size < MOST_ROWS) this.isCut = false;
    this.isComplete = true;
    this.cycleMs = took;
    this.changed();
  }

  clear(): void {
    this.rows.clear();
    this.isComplete = false;
    this.isCut = false;
    this.cycleMs = null;
    this.changed();
  }

  /** Something was learned of a row, or of a process. */
  changed(): void {
    this.version += 1;
    this.sorted.clear();
  }

  /** The keys on a page. */
  keysOn(query: ListQuery): string[] {
    return this.pageOf(query).rows.map(({ summary }) => summary.key);
  }

  view(query: ListQuery): ListView {
    const { rows, found, page, pages } = this.pageOf(query);
    let [held, waiting] = [0, 0];
    for (const { summary } of this.rows.values()) {
      if (summary.holderCount > 0) held += 1;
      waiting += summary.waitingCount;
    }
    const { isComplete, isCut, cycleMs } = this;
    return {
      rows: rows.map((row) => this.rowView(row)),
      total: this.rows.size,
      found,
      held,
      waiting,
      page,
      pages,
      isComplete,
      isCut,
      cycleMs,
    };
  }

  private pageOf(query: ListQuery) {
    const all = this.find(query);
    const pages = Math.max(1, Math.ceil(all.length / PAGE_SIZE));
    const page = Math.min(query.page, pages - 1);
    return { rows: all.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), found: all.length, page, pages };
  }

  private find({ search, sort }: ListQuery): KeyRow[] {
    const name = `${sort} ${search}`;
    const before = this.sorted.get(name);
    if (before) return before;
    const wanted = search.trim().toLowerCase();
    const all = [...this.rows.values()];
    const found = (wanted === '' ? all : all.filter((row) => this.hasText(row, wanted))).sort(ORDERS[sort]);
    this.sorted.set(name, found);
    return found;
  }

  private hasText({ summary: { key, holder }, label }: KeyRow, text: string): boolean {
    if (key.toLowerCase().includes(text) || label?.toLowerCase().includes(text)) return true;
    const info = holder && this.directory.find(processIdOf(holder.token));
    return Boolean(info && `${info.name ?? ''} ${info.host}:${info.pid}`.toLowerCase().includes(text));
  }

  private rowView({ summary, since, longest, label, history, readAt }: KeyRow): RowView {
    const now = this.now();
    const { key, holder, holderCount, waitingCount, foreign } = summary;
    return {
      key,
      holderCount,
      waitingCount,
      process: processView(holder && this.directory.find(processIdOf(holder.token))),
      label,
      age: holder && { ms: now - since.at, isExact: since.isExact },
      lease: holder && { leftMs: Math.max(0, holder.expiresIn - (now - readAt)), ofMs: longest },
      queue: history.bars(now),
      readMs: now - readAt,
      isForeign: foreign ?? false,
    };
  }
}

/** A process that has just got a key does not hear questions yet, and a lock is often given back by then. */
function unasked(now: number) {
  return { askAt: now + FIRST_ASK, askPause: FIRST_ASK };
}

function newRow(summary: KeySummary, now: number): KeyRow {
  const since = { at: now, isExact: false };
  const history = new QueueHistory();
  return { summary, readAt: now, cycle: 0, since, longest: 0, label: null, ...unasked(now), history };
}

function isAnotherHolder(before: KeySummary, after: KeySummary): boolean {
  return before.holder?.token !== after.holder?.token || before.holder?.fencingToken !== after.holder?.fencingToken;
}

const byKey = (a: KeyRow, b: KeyRow): number => (a.summary.key < b.summary.key ? -1 : 1);
const byAge = (a: KeyRow, b: KeyRow): number => a.since.at - b.since.at;

/** When a lease ends, at the latest; keys without one last. */
const ending = ({ summary, readAt }: KeyRow): number => (summary.holder ? readAt + summary.holder.expiresIn : Infinity);

const ORDERS: Record<BoardSort, (a: KeyRow, b: KeyRow) => number> = {
  // Steps of half a second, so that rows whose age is not known exactly do not jump about.
  hot: (a, b) =>
    b.summary.waitingCount - a.summary.waitingCount ||
    Math.round(a.since.at / 500) - Math.round(b.since.at / 500) ||
    byKey(a, b),
  key: byKey,
  held: (a, b) => byAge(a, b) || byKey(a, b),
  ending: (a, b) => (ending(a) < ending(b) ? -1 : ending(a) > ending(b) ? 1 : byKey(a, b)),
};
