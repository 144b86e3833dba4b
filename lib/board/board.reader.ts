/**
 * Reads what viewers look at, one request after the other and so many a second at most: first the keys that have a page open,
 * then all keys in turn, piece by piece, and between the pieces what a page of the list shows. It runs only while
 * there are viewers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { Outside } from '../core/context/outside.js';
import { isLockError } from '../lock.errors.js';
import type { KeyInspection } from '../lock.operations.js';
import type { LockService } from '../lock.service.js';
import type { KeySummary } from '../stores/lock-store.js';
import { processIdOf } from '../stores/protocol.js';
import { KeyTable } from './key-table.js';
import type { KeyRow } from './key-table.js';
import { KeyWatch } from './key-watch.js';
import { Pace } from './pace.js';
import type { Spending } from './pace.js';
import { PacedOperator } from './paced-operator.js';
import { ProcessDirectory } from './process-directory.js';

/** Requests a second for each viewer, and for all of them. */
const [FOR_A_VIEWER, FOR_ALL] = [5, 20];
/** How often all keys, and a key with a page of its own, are read at most, in milliseconds. */
const EVERY = 1_000;
/** A list that takes longer to read is refreshed where it is looked at. */
const LONG_CYCLE = 3_000;
/** When a row that is looked at is read again. */
const OLD_ROW = 5_000;
/** What was read is forgotten when no viewer came back for that long. */
const REMEMBERED = 30_000;
const AFTER_FAILURE = 1_000;
/** A process that does not answer is asked again after so long at the latest. */
const LONGEST_ASK_PAUSE = 60_000;
const IDLE = 50;

/** What can be done next. */
interface Job {
  /** How many requests it takes, as far as that is known before. */
  readonly cost: number;
  /** Answers false where it does not show that the store can be read. */
  readonly run: (spending: Spending) => Promise<unknown>;
}

export class BoardReader {
  readonly now = (): number => performance.now();
  readonly directory = new ProcessDirectory(this.now);
  readonly table = new KeyTable(this.now, this.directory);
  private readonly pace = new Pace(this.now);
  private readonly operator: PacedOperator;
  private readonly outside = new Outside();
  private readonly watches = new Map<string, KeyWatch>();
  private pieces: AsyncGenerator<readonly KeySummary[], void> | undefined;
  private cycleBegan = -Infinity;
  /** Counts jobs, so that one kind does not keep out the other. */
  private turn = 0;
  /** Whether a row that is looked at comes before the next reading of all keys. */
  private owesRow = false;
  private listening: Subscription | undefined;
  private stopping: AbortController | undefined;
  private stoppedAt = -Infinity;
  /** How many look at the list. */
  private listViewers = 0;
  /** Why nothing can be read. */
  problem: string | null = null;

  /** @param shown - the keys that viewers see in their lists. */
  constructor(
    private readonly locks: LockService,
    private readonly shown: () => Iterable<string>,
  ) {
    this.operator = new PacedOperator(locks, this.pace, this.now);
  }

  /** A viewer looks at a key; answers what it sees. */
  watch(key: string): KeyWatch {
    const watch = this.watches.get(key) ?? new KeyWatch(key, this.now);
    watch.viewers += 1;
    this.watches.set(key, watch);
    this.listening ??= this.outside.run(() =>
      this.locks.events$.subscribe((event) => this.watches.get(event.key)?.happened(event)),
    );
    this.viewersChanged();
    return watch;
  }

  unwatch(watch: KeyWatch): void {
    watch.viewers -= 1;
    if (watch.viewers === 0) this.watches.delete(watch.key);
    if (this.watches.size === 0) this.listening = void this.listening?.unsubscribe();
    this.viewersChanged();
  }

  /** A viewer looks at the list, or no longer. */
  watchList(by: 1 | -1): void {
    this.listViewers += by;
    if (this.listViewers === 0) this.endPieces();
    this.viewersChanged();
  }

  /** A key is to be read soon. */
  hurry(key: string): void {
    const watch = this.watches.get(key);
    if (watch) watch.dueAt = 0;
  }

  private viewersChanged(): void {
    let viewers = this.listViewers;
    for (const watch of this.watches.values()) viewers += watch.viewers;
    this.pace.limit = Math.min(viewers * FOR_A_VIEWER, FOR_ALL);
    if (viewers > 0 && !this.stopping) this.start();
    if (viewers === 0 && this.stopping) this.stop();
  }

  private start(): void {
    if (this.now() - this.stoppedAt > REMEMBERED) {
      this.table.clear();
      this.directory.clear();
    }
    const { signal } = (this.stopping = new AbortController());
    void this.outside.run(() => this.run(signal));
  }

  private stop(): void {
    this.stopping?.abort();
    this.stopping = undefined;
    this.stoppedAt = this.now();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const sleep = (time: number): Promise<unknown> => pause(time, undefined, { signal }).catch(() => undefined);
    while (!signal.aborted) {
      const job = this.next();
      const delay = job ? this.pace.delay(job.cost) : IDLE;
      if (!job || delay > 0) {
        // Something more urgent may come meanwhile.
        await sleep(Math.min(delay, IDLE));
        continue;
      }
      const spending = this.pace.begin(job.cost);
      this.turn = (this.turn + 1) % 4;
      try {
        if ((await job.run(spending)) !== false) this.problem = null;
        spending.end();
      } catch (error) {
        spending.end();
        this.operator.forget();
        if (signal.aborted) return;
        this.problem = isLockError(error) ? error.message : 'What was read could not be understood.';
        this.endPieces();
        await sleep(AFTER_FAILURE);
      }
    }
  }

  private next(): Job | undefined {
    const now = this.now();
    const { operator } = this;
    if (operator.isToHear) return { cost: operator.costOfHearing, run: () => operator.hear() };
    let first: KeyWatch | undefined;
    for (const watch of this.watches.values()) {
      if (watch.dueAt <= now && watch.dueAt <= (first?.dueAt ?? now)) first = watch;
    }
    if (first) return this.inspecting(first);
    if (this.listViewers === 0) return undefined;
    if (this.directory.isWanting) return { cost: operator.costOfDescription(), run: () => this.lookUp() };
    const { isComplete, cycleMs } = this.table;
    const isLong = !isComplete || (cycleMs ?? 0) > LONG_CYCLE;
    const isScanDue = this.pieces !== undefined || now - this.cycleBegan >= EVERY;
    // The first time all keys come first. A short list is read between two rows, so that none has to wait for good.
    const isRowsTurn = isLong ? this.turn === 0 || (isComplete && this.turn === 2) : this.owesRow || !isScanDue;
    const row = isRowsTurn && (isLong || !this.pieces) ? this.rowToRead(isLong) : undefined;
    if (row || !isScanDue) return row;
    return { cost: operator.costOfPiece(!this.pieces), run: (spending) => this.readPiece(spending) };
  }

  private inspecting(watch: KeyWatch): Job {
    const { holderCount, waitingCount, isToBeAsked } = watch;
    const cost = this.operator.costOfInspection(holderCount, waitingCount, isToBeAsked);
    const run = async (spending: Spending): Promise<void> => {
      watch.dueAt = this.now() + EVERY;
      const { inspection, asked } = await this.operator.inspect(watch.key, spending, (others) => watch.toAsk(others));
      watch.see(inspection, asked);
      // The first time it is not known whom to ask before there may be no room for it.
      if (asked.size === 0 && watch.isToBeAsked) watch.dueAt = this.now();
    };
    return { cost, run };
  }

  private async lookUp(): Promise<boolean> {
    const ids = this.directory.next();
    try {
      this.directory.learn(await this.operator.describe(ids));
      return true;
    } catch {
      // Who processes are may lie on other servers than their keys, or be forbidden; the keys are shown all the same.
      this.directory.failed(ids);
      return false;
    } finally {
      this.table.changed();
    }
  }

  private async readPiece(spending: Spending): Promise<void> {
    if (!this.pieces) {
      this.cycleBegan = this.now();
      this.table.beginCycle();
      this.pieces = this.locks.operator.pieces('*');
    }
    const { pieces } = this;
    const piece = await this.operator.piece(pieces, spending);
    if (pieces !== this.pieces) return;
    for (const summary of piece ?? []) this.table.see(summary);
    if (piece) return;
    this.pieces = undefined;
    this.owesRow = true;
    this.table.endCycle(this.now() - this.cycleBegan);
  }

  /** A row that a viewer sees: its holder is asked once since when it has the key, and in a long list it is read again. */
  private rowToRead(isLong: boolean): Job | undefined {
    const now = this.now();
    let [ask, old]: (KeyRow | undefined)[] = [];
    for (const key of this.shown()) {
      const row = this.table.get(key);
      if (!row) continue;
      // A row whose holder changes all the time must not keep out the others.
      if (row.summary.holder && row.askAt <= now && row.askAt < (ask?.askAt ?? Infinity)) ask = row;
      if (row.readAt < (old?.readAt ?? now - OLD_ROW)) old = row;
    }
    const row = ask ?? (isLong ? old : undefined);
    if (!row) return undefined;
    const { key, holderCount, waitingCount } = row.summary;
    const isAsking = ask !== undefined;
    const cost = this.operator.costOfInspection(holderCount, waitingCount, isAsking);
    return { cost, run: (spending) => this.readRow(key, isAsking, spending) };
  }

  /** Only the holder is asked that the row shows. */
  private async readRow(key: string, ask: boolean, spending: Spending): Promise<void> {
    this.owesRow = false;
    const { inspection, asked } = await this.operator.inspect(key, spending, (others, { holders: [holder] }) =>
      others.filter((id) => ask && holder !== undefined && id === processIdOf(holder.token)),
    );
    this.table.see(summaryOf(inspection));
    const row = this.table.get(key);
    const { holder } = inspection;
    if (!row || !holder) return;
    const id = processIdOf(holder.token);
    this.directory.learn(new Map([[id, holder.process ?? undefined]]));
    if (holder.reports === null && !asked.has(id)) return;
    const [said] = holder.reports ?? [];
    row.askPause = Math.min(2 * row.askPause, LONGEST_ASK_PAUSE);
    row.askAt = holder.reports === null ? this.now() + row.askPause : Infinity;
    if (said) {
      row.since = { at: this.now() - said.heldMs, isExact: true };
      row.label = said.label || null;
    }
    this.table.changed();
  }

  private endPieces(): void {
    void this.pieces?.return().catch(() => undefined);
    this.pieces = undefined;
  }
}

function summaryOf({ key, holders, holder, waiting, foreign }: KeyInspection): KeySummary {
  const state = { key, holderCount: holders.length, holder, waitingCount: waiting.length };
  return foreign ? { ...state, foreign } : state;
}
