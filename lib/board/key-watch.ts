/**
 * One key that viewers look at: its state is read every second, what the processes have to say a little less often, and
 * what happens to it in this process is remembered as long as a viewer looks.
 */
import type { LockEvent } from '../lock.events.js';
import type { HolderInspection, KeyInspection, WaiterInspection } from '../lock.operations.js';
import { processIdOf } from '../stores/protocol.js';
import { eventText } from './event-text.js';
import { processView } from './process-directory.js';
import { QueueHistory } from './queue-history.js';
import type { HolderView, KeyView, WaiterView } from './wire.js';

/** How many events are remembered, and how many places of a queue are shown. */
const [MOST_EVENTS, MOST_WAITERS] = [50, 100];
/** A process is asked again after so many milliseconds at the earliest, and more where there are many of them. */
const [ASK_EVERY, FOR_EACH] = [2_000, 500];

/** Of a holder, in milliseconds by the clock of this process. */
interface Remembered {
  readonly firstSeen: number;
  longest: number;
  /** What its process said, and when. */
  isAsked: boolean;
  reports: HolderInspection['reports'];
  localWaiters: number;
  reportedAt: number;
}

interface RememberedReport {
  readonly report: WaiterInspection['report'];
  readonly at: number;
}

export class KeyWatch {
  private inspection: KeyInspection | undefined;
  private readAt = 0;
  /** The processes that have it or wait for it, without that of the board, and when each was asked. */
  private others: readonly string[] = [];
  private askedAt = new Map<string, number>();
  private holders = new Map<string, Remembered>();
  private reports = new Map<string, RememberedReport>();
  private readonly events: { readonly id: number; readonly at: number; readonly event: LockEvent }[] = [];
  private readonly history = new QueueHistory();
  private lastId = 0;
  /** How many look at it. */
  viewers = 0;
  /** Changes with whatever a viewer may see. */
  version = 0;
  /** When it is to be read next. */
  dueAt = 0;

  constructor(
    readonly key: string,
    private readonly now: () => number,
  ) {}

  get holderCount(): number {
    return this.inspection?.holders.length ?? 0;
  }

  get waitingCount(): number {
    return this.inspection?.waiting.length ?? 0;
  }

  /** Whether a process is to be asked, as far as it is known which there are. */
  get isToBeAsked(): boolean {
    return this.toAsk(this.others).length > 0;
  }

  /** Which of these processes are to be asked: those first that were not asked for the longest time. */
  toAsk(others: readonly string[]): string[] {
    this.others = others;
    const every = Math.max(ASK_EVERY, others.length * FOR_EACH);
    const now = this.now();
    const last = (id: string): number => this.askedAt.get(id) ?? -Infinity;
    return others.filter((id) => now - last(id) >= every).sort((a, b) => last(a) - last(b) || 0);
  }

  /** It was read, and these processes were asked; that of the board always is. */
  see(inspection: KeyInspection, asked: ReadonlySet<string>): void {
    const now = this.now();
    this.inspection = inspection;
    this.readAt = now;
    const times = this.others.map((id) => [id, asked.has(id) ? now : this.askedAt.get(id)] as const);
    this.askedAt = new Map(times.filter((each): each is readonly [string, number] => each[1] !== undefined));
    this.history.seen(inspection.waiting.length, now);
    const wasAsked = (token: string): boolean => asked.has(processIdOf(token));
    this.holders = new Map(
      inspection.holders.map((each) => [
        each.token,
        this.remember(each, each.reports !== null || wasAsked(each.token), now),
      ]),
    );
    const said = inspection.waiters.flatMap(({ token, report }): [string, RememberedReport][] => {
      if (report !== null || wasAsked(token)) return [[token, { report, at: now }]];
      const before = this.reports.get(token);
      return before ? [[token, before]] : [];
    });
    this.reports = new Map(said);
    this.version += 1;
  }

  /** Something happened to it in this process. */
  happened(event: LockEvent): void {
    const now = this.now();
    this.events.unshift({ id: (this.lastId += 1), at: now, event });
    this.events.length = Math.min(this.events.length, MOST_EVENTS);
    if (event.type !== 'renewed') this.dueAt = Math.min(this.dueAt, now);
    this.version += 1;
  }

  view(): KeyView {
    const now = this.now();
    const { inspection, key } = this;
    const { holders = [], waiters = [], lastFencingToken = null, foreign = false } = inspection ?? {};
    return {
      key,
      isRead: inspection !== undefined,
      readMs: inspection ? now - this.readAt : 0,
      holders: holders.map((each) => this.holderView(each, now)),
      waiters: waiters.slice(0, MOST_WAITERS).map((each) => this.waiterView(each, now)),
      waitingCount: waiters.length,
      queue: this.history.bars(now),
      lastFencingToken,
      isForeign: foreign,
      events: this.events.map(({ id, at, event }) => ({
        id,
        type: event.type,
        agoMs: now - at,
        text: eventText(event),
      })),
    };
  }

  private remember(
    { token, expiresIn, reports, localWaiters }: HolderInspection,
    wasAsked: boolean,
    now: number,
  ): Remembered {
    const before = this.holders.get(token) ?? {
      firstSeen: now,
      longest: 0,
      isAsked: false,
      reports: null,
      localWaiters: 0,
      reportedAt: now,
    };
    before.longest = Math.max(before.longest, expiresIn);
    if (wasAsked)
      Object.assign(before, { isAsked: true, reports, localWaiters: localWaiters?.callers ?? 0, reportedAt: now });
    return before;
  }

  private holderView({ token, process, fencingToken, expiresIn, limit, weight }: HolderInspection, now: number) {
    const { firstSeen, longest, isAsked, reports, localWaiters, reportedAt } = this.holders.get(token)!;
    const said = reports?.map((each) => ({ ...each, heldMs: each.heldMs + now - reportedAt })) ?? null;
    const exact = said?.length ? Math.max(...said.map(({ heldMs }) => heldMs)) : undefined;
    const view: HolderView = {
      process: processView(process),
      fencingToken,
      share: shareText(limit, weight),
      age: { ms: exact ?? now - firstSeen, isExact: exact !== undefined },
      lease: { leftMs: Math.max(0, expiresIn - (now - this.readAt)), ofMs: longest },
      isAsked,
      reports: said,
      localWaiters,
    };
    return view;
  }

  private waiterView({ token, process }: WaiterInspection, now: number): WaiterView {
    const { report = null, at = now } = this.reports.get(token) ?? {};
    const isAsked = this.reports.has(token);
    return {
      process: processView(process),
      isAsked,
      report: report && { ...report, waitedMs: report.waitedMs + now - at },
    };
  }
}

function shareText(limit: number, weight: number): string {
  if (limit === 1) return 'exclusive';
  if (limit === Infinity) return 'read';
  return `${weight} of ${limit}`;
}
