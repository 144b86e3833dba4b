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
/** After so many milliseconds without an answer it may cost a request to make sure that one would be heard. */
const QUIET = 1_500;
/** How many of the waiters an inspection asks. */
const MOST_ASKED_WAITERS = 32;
/** How long the answers of processes are waited for. */
const ASK_TIMEOUT = '300ms';

/** What can be done next. */
interface Job {
  /** How many requests it takes. */
  readonly cost: number;
  readonly run: () => Promise<void>;
}

export class BoardReader {
  readonly now = (): number => performance.now();
  readonly directory = new ProcessDirectory(this.now);
  readonly table = new KeyTable(this.now, this.directory);
  private readonly pace = new Pace(this.now);
  private readonly outside = new Outside();
  private readonly watches = new Map<string, KeyWatch>();
  private pieces: AsyncGenerator<readonly KeySummary[], void> | undefined;
  private cycleBegan = -Infinity;
  /** Counts jobs, so that one kind does not keep out the other. */
  private turn = 0;
  /** Whether a row that is looked at comes before the next reading of all keys. */
  private owesRow = false;
  private askedAt = -Infinity;
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
  ) {}

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
      this.pace.spend(job.cost);
      this.turn = (this.turn + 1) % 4;
      try {
        await job.run();
        this.problem = null;
      } catch (error) {
        if (signal.aborted) return;
        this.problem = isLockError(error) ? error.message : 'What was read could not be understood.';
        this.endPieces();
        await sleep(AFTER_FAILURE);
      }
    }
  }

  private next(): Job | undefined {
    const now = this.now();
    let first: KeyWatch | undefined;
    for (const watch of this.watches.values()) {
      if (watch.dueAt <= now && watch.dueAt <= (first?.dueAt ?? now)) first = watch;
    }
    if (first) return this.inspecting(first);
    if (this.listViewers === 0) return undefined;
    if (this.directory.isWanting) return { cost: 1, run: () => this.lookUp() };
    const { isComplete, cycleMs } = this.table;
    const isLong = !isComplete || (cycleMs ?? 0) > LONG_CYCLE;
    const isScanDue = this.pieces !== undefined || now - this.cycleBegan >= EVERY;
    // The first time all keys come first. A short list is read between two rows, so that none has to wait for good.
    const isRowsTurn = isLong ? this.turn === 0 || (isComplete && this.turn === 2) : this.owesRow || !isScanDue;
    const row = isRowsTurn && (isLong || !this.pieces) ? this.rowToRead(isLong) : undefined;
    // Before the first piece the store makes sure that it has a connection.
    return row ?? (isScanDue ? { cost: this.pieces ? 1 : 2, run: () => this.readPiece() } : undefined);
  }

  private inspecting(watch: KeyWatch): Job {
    const ask = watch.isToBeAsked;
    const cost = watch.cost(ask);
    const run = async (): Promise<void> => {
      watch.dueAt = this.now() + EVERY;
      const inspection = await this.locks.inspect(watch.key, { ask, timeout: ASK_TIMEOUT });
      watch.see(inspection, ask);
      // What was not known before is waited for after it.
      this.pace.spend(Math.max(0, watch.cost(ask) - cost));
    };
    return { cost, run };
  }

  private async lookUp(): Promise<void> {
    this.directory.learn(await this.locks.operator.processes(this.directory.next()));
    this.table.changed();
  }

  private async readPiece(): Promise<void> {
    if (!this.pieces) {
      this.cycleBegan = this.now();
      this.table.beginCycle();
      this.pieces = this.locks.operator.pieces('*');
    }
    const { pieces } = this;
    const { done, value } = await pieces.next();
    if (pieces !== this.pieces) return;
    for (const summary of value ?? []) this.table.see(summary);
    if (!done) return;
    // The end took no request.
    this.pace.refund();
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
    const { key } = row.summary;
    return { cost: ask ? this.costOfAsking(row.summary) : 2, run: () => this.readRow(key, ask !== undefined) };
  }

  /** The processes of holders and waiters are asked; each place is most often of another one. */
  private costOfAsking({ holderCount, waitingCount }: KeySummary): number {
    // When it has heard nothing for a while, the process makes sure that it would.
    const hearing = this.now() - this.askedAt > QUIET ? 1 : 0;
    return 2 + hearing + holderCount + Math.min(waitingCount, MOST_ASKED_WAITERS);
  }

  private async readRow(key: string, ask: boolean): Promise<void> {
    this.owesRow = false;
    if (ask) this.askedAt = this.now();
    const inspection = await this.locks.inspect(key, { ask, timeout: ASK_TIMEOUT });
    this.table.see(summaryOf(inspection));
    const row = this.table.get(key);
    const { holder } = inspection;
    if (!row || !holder) return;
    this.directory.learn(new Map([[processIdOf(holder.token), holder.process ?? undefined]]));
    if (!ask) return;
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
