/**
 * What processes say to each other, as text over the channel on which each hears of its grants: a question about a key, the
 * answer to it, and the notice that a lock was taken away. Whoever may publish can say anything, and hears any answer, so a
 * question costs little, an answer is only shown to people and has no secret in it, and a notice is looked into.
 */
import type { LockStore } from '../../stores/lock-store.js';
import type { Outside } from '../context/outside.js';
import { readAnswer, readNotice, writeAnswer, writeQuestion } from './letters.js';
import type { ForcedNotice, KeyReport } from './letters.js';

/** How many questions are answered in a second: anybody may ask. */
const MOST_ANSWERS = 50;

/** What it needs to know of this process. */
interface CorrespondenceTools {
  readonly store: LockStore;
  readonly processId: string;
  readonly outside: Outside;
  /** What this process has to say of a key. */
  readonly report: (key: string) => KeyReport;
  /** A lease was taken away. */
  readonly forced: (notice: ForcedNotice) => void;
}

export class Correspondence {
  /** Who waits for answers, by the question's id. */
  private readonly open = new Map<string, (from: string, report: KeyReport) => void>();
  private lastId = 0;
  private answersSince = -Infinity;
  private answers = 0;

  constructor(private readonly tools: CorrespondenceTools) {}

  /** Asks processes about a key; answers what those said that answered in time. Never rejects. */
  ask(processIds: readonly string[], key: string, timeout: number): Promise<Map<string, KeyReport>> {
    const { store, processId, outside, report } = this.tools;
    const reports = new Map<string, KeyReport>();
    const others = new Set(processIds.filter((id) => id !== processId));
    if (processIds.includes(processId)) reports.set(processId, report(key));
    if (others.size === 0 || !store.tell) return Promise.resolve(reports);
    const id = String((this.lastId += 1));
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.open.delete(id);
        resolve(reports);
      };
      const settled = (from: string): void => {
        others.delete(from);
        if (others.size === 0) done();
      };
      const timer = outside.run(() => setTimeout(done, timeout));
      this.open.set(id, (from, said) => {
        if (!others.has(from)) return;
        reports.set(from, said);
        settled(from);
      });
      void this.send([...others], key, writeQuestion({ id, from: processId, key }), settled);
    });
  }

  /** Another process has said something. */
  told(text: string): void {
    const notice = readNotice(text);
    if (notice) return this.tools.forced(notice);
    const answer = readAnswer(text);
    if (answer?.kind === 'answer') this.open.get(answer.id)?.(answer.from, answer.report);
    if (answer?.kind === 'question' && this.mayAnswer()) this.answer(answer);
  }

  private async send(to: readonly string[], key: string, text: string, unheard: (id: string) => void): Promise<void> {
    const { store, processId } = this.tools;
    // The answers have to find a listener.
    await store.hear?.(processId).catch(() => undefined);
    for (const id of to) {
      store.tell!(id, text, key).then(
        (isHeard) => {
          if (!isHeard) unheard(id);
        },
        () => unheard(id),
      );
    }
  }

  private answer({ id, from, key }: { readonly id: string; readonly from: string; readonly key: string }): void {
    const { store, processId, report } = this.tools;
    const text = writeAnswer({ id, from: processId, report: report(key) });
    store.tell?.(from, text, key).catch(() => undefined);
  }

  private mayAnswer(): boolean {
    const now = performance.now();
    if (now - this.answersSince >= 1_000) [this.answersSince, this.answers] = [now, 0];
    return (this.answers += 1) <= MOST_ANSWERS;
  }
}
