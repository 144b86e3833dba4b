/**
 * What is asked for in one turn of the event loop travels as one script call, in the order in which it was asked. A
 * request never waits for company: the call leaves as soon as the running code, and whatever it has already set going,
 * has had its say.
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
  private waiting: Submission<Entry>[] = [];

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
      if (this.waiting.push({ entries, resolve: readAll, reject }) === 1) nextTick(this.flush);
    });
  }

  private readonly flush = (): void => {
    const { waiting } = this;
    this.waiting = [];
    for (let i = 0; i < waiting.length;) {
      const group = [waiting[i]!];
      let count = waiting[i]!.entries.length;
      for (i += 1; i < waiting.length && count + waiting[i]!.entries.length <= this.size; i += 1) {
        group.push(waiting[i]!);
        count += waiting[i]!.entries.length;
      }
      this.commit(group);
    }
  };

  private commit(group: readonly Submission<Entry>[]): void {
    const entries = group.length === 1 ? group[0]!.entries : group.flatMap((each) => each.entries);
    const onReplies = (replies: readonly unknown[]): void => {
      let from = 0;
      for (const each of group) {
        each.resolve(replies, from);
        from += each.entries.length;
      }
    };
    const onError = (error: unknown): void => group.forEach(({ reject }) => reject(error));
    this.send(entries, onReplies, onError);
  }
}
