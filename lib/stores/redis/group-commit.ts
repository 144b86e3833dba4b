/**
 * What is asked for while an answer is still to come travels together, in the order in which it was asked, in as few
 * script calls as their size allows. A request never waits for company: with nothing under way its call leaves at once,
 * otherwise as soon as the running code, and whatever it has already set going, is done.
 */
import { leaseReplies } from './scripts/lease-script.js';

/** Hears how a request, or a call, ends. */
export interface Recipient {
  succeed(reply: unknown): void;
  fail(error: unknown): void;
}

/** What one call carries. */
class Group<Entry extends Recipient> implements Recipient {
  constructor(
    /** In the order of asking; never empty. */
    readonly entries: readonly Entry[],
    private readonly onEnd: () => void,
  ) {}

  succeed(reply: unknown): void {
    const { entries } = this;
    this.onEnd();
    const replies = leaseReplies(reply, entries.length);
    for (let i = 0; i < entries.length; i++) entries[i]!.succeed(replies[i]);
  }

  fail(error: unknown): void {
    this.onEnd();
    for (const entry of this.entries) entry.fail(error);
  }
}

/** Taken when the module is loaded, so that a test's fake clock can't hold requests back. */
const { nextTick } = process;

export class GroupCommit<Entry extends Recipient> {
  /** The call that is being put together. */
  private waiting: Entry[] = [];
  private underWay = 0;
  private isTurnPlanned = false;

  /**
   * @param send - sends a call, and tells the group how it ended, once.
   * @param size - how many entries one call may have.
   */
  constructor(
    private readonly send: (group: Group<Entry>) => void,
    private readonly size: number,
  ) {}

  add(entry: Entry): void {
    if (this.underWay === 0 && this.waiting.length === 0) return this.depart([entry]);
    this.waiting.push(entry);
    // A full call leaves before the turn of the event loop ends, so that the server works while more is
    // being asked for.
    if (this.waiting.length >= this.size) this.flush();
    else this.planTurn();
  }

  private planTurn(): void {
    if (this.isTurnPlanned) return;
    this.isTurnPlanned = true;
    nextTick(this.onTurn);
  }

  private readonly onTurn = (): void => {
    this.isTurnPlanned = false;
    this.flush();
  };

  /** Sends what waits, so that a call that is sent by another way comes behind it. */
  flush(): void {
    const entries = this.waiting;
    if (entries.length === 0) return;
    this.waiting = [];
    this.depart(entries);
  }

  private depart(entries: readonly Entry[]): void {
    this.underWay += 1;
    this.send(new Group(entries, this.onEnd));
  }

  private readonly onEnd = (): void => {
    this.underWay -= 1;
  };
}
