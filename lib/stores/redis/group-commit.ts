/**
 * What is asked for in one turn of the event loop travels together, in the order in which it was asked, in as few script
 * calls as their size allows. A request never waits for company: its call leaves as soon as the running code, and whatever
 * it has already set going, has had its say.
 */

/** The requests of one caller, which are answered together. */
interface Submission<Entry> {
  readonly entries: readonly Entry[];
  /** Takes the replies to a call, of which those to its own entries begin at `from`. */
  resolve(replies: readonly unknown[], from: number): void;
  reject(error: unknown): void;
}

/** Sends entries as one call, and hands on one reply for each, or what went wrong. */
export type SendGroup<Entry> = (
  entries: readonly Entry[],
  onReplies: (replies: readonly unknown[]) => void,
  onError: (error: unknown) => void,
) => void;

/** Taken when the module is loaded, so that a test's fake clock can't hold requests back. */
const { nextTick } = process;

export class GroupCommit<Entry> {
  /** The call that is being put together. */
  private waiting: Submission<Entry>[] = [];
  private entries: Entry[] = [];
  private isTurnPlanned = false;

  /** @param size - how many entries one call may have; a caller's own list is never torn apart. */
  constructor(
    private readonly send: SendGroup<Entry>,
    private readonly size: number,
  ) {}

  /** Sends a caller's requests with those of others, and reads one reply for each. */
  add<Answer>(entries: readonly Entry[], read: (reply: unknown, index: number) => Answer): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      const readAll = (replies: readonly unknown[], from: number): void => {
        resolve(entries.map((_, i) => read(replies[from + i], i)));
      };
      if (this.entries.length + entries.length > this.size) this.flush();
      this.waiting.push({ entries, resolve: readAll, reject });
      for (const entry of entries) this.entries.push(entry);
      // A full call leaves in the middle of a turn, so that the server works while the rest is still being asked for.
      if (this.entries.length >= this.size) this.flush();
      else this.planTurn();
    });
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

  private flush(): void {
    const { waiting, entries } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.entries = [];
    const onReplies = (replies: readonly unknown[]): void => {
      let from = 0;
      for (const each of waiting) {
        each.resolve(replies, from);
        from += each.entries.length;
      }
    };
    const onError = (error: unknown): void => waiting.forEach(({ reject }) => reject(error));
    this.send(entries, onReplies, onError);
  }
}
