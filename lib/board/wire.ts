/**
 * What the board's server and its page say to each other, types only: the page imports nothing else of the library. Times
 * are durations in milliseconds, counted when the message was made, because the clock of a browser may be off. Tokens are
 * not in here: one who knows the token of a lease can end it.
 */

/** First message of a stream. */
export interface HelloView {
  /** Name of the module's instance. */
  readonly instance: string;
  /** The process that serves this viewer. */
  readonly server: string;
  readonly isReadOnly: boolean;
}

/** Whether the server can read what it shows. */
interface StatusView {
  /** Why not; null while it can. */
  readonly problem: string | null;
}

export interface ProcessView {
  readonly host: string;
  readonly pid: number;
  readonly name: string | null;
  readonly version: string | null;
  readonly instance: string;
  /** The process that serves this viewer is the one. */
  readonly isServer: boolean;
}

/** How long something has been so. */
interface AgeView {
  readonly ms: number;
  /** False: for at least that long; it was so when the board first looked. */
  readonly isExact: boolean;
}

/** What is left of a lease. */
interface LeaseView {
  readonly leftMs: number;
  /** The most that the board has seen left of it: the whole bar. */
  readonly ofMs: number;
}

/** A line of the list. */
export interface RowView {
  readonly key: string;
  readonly holderCount: number;
  readonly waitingCount: number;
  /** Of the one holder, or one of several. */
  readonly process: ProcessView | null;
  /** What it is held for, as far as its process was asked. */
  readonly label: string | null;
  readonly age: AgeView | null;
  readonly lease: LeaseView | null;
  /** Length of the queue over the last minute, oldest first. */
  readonly queue: readonly number[];
  /** How long ago it was read. */
  readonly readMs: number;
  readonly isForeign: boolean;
}

/** One page of the list. */
export interface ListView {
  readonly rows: readonly RowView[];
  /** How many keys there are, and how many of them the search has found. */
  readonly total: number;
  readonly found: number;
  /** How many of them are held, and how many places all queues have. */
  readonly held: number;
  readonly waiting: number;
  /** Number of this page, from 0, and of all pages. */
  readonly page: number;
  readonly pages: number;
  /** Whether all keys were read once. */
  readonly isComplete: boolean;
  /** There are more keys than the board remembers. */
  readonly isCut: boolean;
  /** How long the last reading of all keys took; null before that. */
  readonly cycleMs: number | null;
}

interface HolderReportView {
  readonly label: string;
  readonly mode: string;
  readonly fencingToken: number;
  readonly heldMs: number;
  readonly depth: number;
}

export interface HolderView {
  readonly process: ProcessView | null;
  readonly fencingToken: number;
  readonly share: string;
  readonly age: AgeView;
  readonly lease: LeaseView;
  /** Whether its process was asked. */
  readonly isAsked: boolean;
  /** What its process says; null where it does not answer. */
  readonly reports: readonly HolderReportView[] | null;
  /** How many callers of its process wait to be handed it. */
  readonly localWaiters: number;
}

export interface WaiterView {
  readonly process: ProcessView | null;
  /** Whether its process was asked. */
  readonly isAsked: boolean;
  /** What its process says; null where it does not answer. */
  readonly report: { readonly label: string; readonly callers: number; readonly waitedMs: number } | null;
}

/** Something that happened in the process that serves this viewer. */
interface EventView {
  readonly id: number;
  readonly type: string;
  readonly agoMs: number;
  readonly text: string;
}

/** All that is known of one key. */
export interface KeyView {
  readonly key: string;
  /** False before the first answer; the rest is empty then. */
  readonly isRead: boolean;
  readonly readMs: number;
  readonly holders: readonly HolderView[];
  /** The first places of the queue, next first. */
  readonly waiters: readonly WaiterView[];
  readonly waitingCount: number;
  readonly queue: readonly number[];
  readonly lastFencingToken: number | null;
  readonly isForeign: boolean;
  /** Latest first. */
  readonly events: readonly EventView[];
}

/** What the server sends, by the name of the event. */
export interface BoardMessages {
  readonly hello: HelloView;
  readonly status: StatusView;
  readonly list: ListView;
  readonly key: KeyView;
}

export type BoardSort = 'hot' | 'key' | 'held' | 'ending';

/** Body of a forced release. */
export interface ReleaseBody {
  readonly key: string;
  /** The key, typed once more. */
  readonly confirmation: string;
  readonly reason: string;
}

/** Answer to it. */
export interface ReleaseResult {
  readonly isDone: boolean;
  /** Why not, where it failed. */
  readonly problem: string | null;
}
