/**
 * What the board asks of the store and of other processes, and how many requests that takes: they are counted before they are
 * sent, so that no second has more of them than it may. What has to be sent only once counts too: a script that the server does not
 * know yet, and the subscription by which answers are heard.
 */
import type { KeyInspection, ProcessInfo } from '../lock.operations.js';
import type { LockService } from '../lock.service.js';
import type { KeyState, KeySummary } from '../stores/lock-store.js';
import { processIdOf } from '../stores/protocol.js';
import type { Pace, Spending } from './pace.js';

/** How many places of a queue, and how many processes, one request reads. */
const [PLACES, PROCESSES] = [128, 64];
/** Of how many waiters an inspection looks up the process. */
const MOST_WAITERS = 32;
/** After so many milliseconds without an answer it may cost a request to make sure that one would be heard. */
const QUIET = 1_500;
/** A connection is opened, and says who it is, before it subscribes. */
const COST_OF_HEARING = 5;
/** How long it is waited for answers of processes, and until they would be heard, in milliseconds. */
const [ASK_TIMEOUT, HEAR_TIMEOUT] = [300, 1_000];

/** Of the processes that have a key or wait for it, without the board's own, those that are to be asked, first ones first. */
type Choice = (others: readonly string[], state: KeyState) => readonly string[];

/** What the server is asked by, each with a script of its own. */
type Question = 'list' | 'inspect' | 'describe' | 'tell';

interface Inspected {
  readonly inspection: KeyInspection;
  /** The processes that were asked, besides the board's own. */
  readonly asked: ReadonlySet<string>;
}

export class PacedOperator {
  private readonly known = new Set<Question>();
  private heardAt = -Infinity;
  private isHearing = false;
  /** Whether a process would have been asked if its answer could be heard; then {@link hear} comes next. */
  isToHear = false;

  constructor(
    private readonly locks: LockService,
    private readonly pace: Pace,
    private readonly now: () => number,
  ) {}

  readonly costOfHearing = COST_OF_HEARING;

  /** Gets ready to hear answers. */
  async hear(): Promise<void> {
    this.isToHear = false;
    await this.locks.operator.hear(HEAR_TIMEOUT);
    this.isHearing = true;
  }

  /** Before the first piece the store makes sure that it has a connection. */
  costOfPiece(isFirst: boolean): number {
    return (isFirst ? 2 : 1) + this.unknown('list');
  }

  /** The next piece of all keys; `undefined` after the last, which takes no request. */
  async piece(
    pieces: AsyncGenerator<readonly KeySummary[], void>,
    spending: Spending,
  ): Promise<readonly KeySummary[] | undefined> {
    const { done, value } = await pieces.next();
    if (done) spending.costs(0);
    this.known.add('list');
    return done ? undefined : value;
  }

  costOfDescription(): number {
    return 1 + this.unknown('describe');
  }

  async describe(ids: readonly string[]): Promise<Map<string, ProcessInfo | undefined>> {
    const found = await this.locks.operator.processes(ids);
    this.known.add('describe');
    return found;
  }

  /** To read a key of so many holders and waiters and, where that is wanted, to ask one process. */
  costOfInspection(holderCount: number, waitingCount: number, isAsking: boolean): number {
    const read = this.costOfReading(holderCount, waitingCount);
    return isAsking && this.isHearing ? read + this.costOfAsking(1) : read;
  }

  /** Asks as many of the chosen as there is room for. */
  async inspect(key: string, spending: Spending, choose: Choice): Promise<Inspected> {
    let asked: readonly string[] = [];
    const chosen: Choice = (others, state) => {
      const read = this.costOfReading(state.holders.length, state.waiting.length);
      spending.costs(read);
      const wanted = choose(others, state);
      if (!this.isHearing) this.isToHear = wanted.length > 0;
      else asked = wanted.slice(0, Math.max(0, this.pace.room - this.costOfAsking(0)));
      if (asked.length > 0) spending.costs(read + this.costOfAsking(asked.length));
      return asked;
    };
    const inspection = await this.locks.operator.inspect(key, { timeout: ASK_TIMEOUT }, chosen);
    this.known.add('inspect').add('describe');
    if (asked.length > 0) this.known.add('tell');
    const ids = new Set(asked);
    if (hasAnswered(inspection, ids)) this.heardAt = this.now();
    return { inspection, asked: ids };
  }

  /** Something failed: the server may be another, or a new one. */
  forget(): void {
    this.known.clear();
  }

  private costOfReading(holderCount: number, waitingCount: number): number {
    const pieces = 1 + Math.floor(waitingCount / PLACES);
    const count = holderCount + Math.min(waitingCount, MOST_WAITERS);
    return pieces + Math.max(1, Math.ceil(count / PROCESSES)) + this.unknown('inspect') + this.unknown('describe');
  }

  private costOfAsking(count: number): number {
    const isQuiet = this.now() - this.heardAt > QUIET;
    // The word that is to be heard is said as a question is.
    return (count + (isQuiet ? 1 : 0)) * (1 + this.unknown('tell'));
  }

  /** A server that does not know a script is told it by a second request. */
  private unknown(question: Question): number {
    return this.known.has(question) ? 0 : 1;
  }
}

function hasAnswered({ holders, waiters }: KeyInspection, asked: ReadonlySet<string>): boolean {
  return (
    holders.some(({ token, reports }) => reports !== null && asked.has(processIdOf(token))) ||
    waiters.some(({ token, report }) => report !== null && asked.has(processIdOf(token)))
  );
}
