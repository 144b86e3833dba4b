/**
 * The wish of a holder for another share of its key, until it is settled: granted, refused, or withdrawn. Whoever waits
 * for it sleeps until something may have changed.
 */

/** What the wishes of a service share. */
export interface WishTools {
  /** Those that are not settled, by token. */
  readonly wishes: Map<string, Wish>;
  /** Whether the store knows shares at all. */
  readonly canConvert: boolean;
  /** Why nothing is waited for any more; undefined while it may be. */
  readonly closedBy: ((key: string) => Error) | undefined;
  readonly outside: Outside;
}

/** Timers and listeners are set in here, so that they keep nothing of a caller. */
interface Outside {
  run<Result>(act: () => Result): Result;
}

export class Wish {
  /** Set when the store is to forget the wish; resolves when it has. */
  withdrawal: Promise<void> | undefined = undefined;
  private wake: (() => void) | undefined = undefined;
  /** Whether it was rung since the last rest. */
  private isRung = false;

  constructor(private readonly outside: Outside) {}

  /** Something has changed that the wish may depend on. */
  ring(): void {
    if (this.wake) this.wake();
    else this.isRung = true;
  }

  /**
   * Resolves when it is rung, or was since the last rest, or after so many milliseconds; rejects with the reason of the
   * signal. A caller that waits for it keeps the process alive.
   */
  rest(milliseconds: number, signal?: AbortSignal, keepsAlive = true): Promise<void> {
    const { isRung } = this;
    this.isRung = false;
    return new Promise<void>((resolve, reject) => {
      const onAbort = (): void => this.wakeUp(timer, signal, onAbort, () => reject(signal!.reason as Error));
      const wake = (): void => this.wakeUp(timer, signal, onAbort, resolve);
      const timer = this.outside.run(() => setTimeout(wake, Math.max(1, Math.ceil(milliseconds))));
      if (!keepsAlive) timer.unref?.();
      this.wake = wake;
      if (signal?.aborted) onAbort();
      else if (isRung) wake();
      else signal?.addEventListener('abort', onAbort);
    });
  }

  private wakeUp(
    timer: NodeJS.Timeout,
    signal: AbortSignal | undefined,
    onAbort: () => void,
    settle: () => void,
  ): void {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    this.wake = undefined;
    settle();
  }
}
