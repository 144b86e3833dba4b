/**
 * The time that a shutdown gives to running sections. A lock that is never released makes `app.close()` wait all of it,
 * so after a second it says what it is waiting for.
 */
import { messages } from '../lock.messages.js';

/** After so many milliseconds of waiting it is said what for. */
const SILENT_FOR = 1_000;
/** So many keys are named. */
const MOST_NAMED = 3;

/** A lock that a shutdown waits for; since when it is held is monotonic time. */
export interface LateLock {
  readonly key: string;
  readonly since: number;
}

/** What is waited for. */
interface Locks {
  readonly isEmpty: boolean;
  emptied(): Promise<void>;
  /** What is held now. */
  held(): readonly LateLock[];
}

/** How it is waited. */
interface Grace {
  /** How long at most, in milliseconds. */
  readonly time: number;
  readonly warn: (message: string) => void;
  /** Where timers are set, so that they keep nothing of a caller. */
  readonly outside: { run<Result>(act: () => Result): Result };
}

/** Resolves when no lock is held any more, or when the time is over. */
export async function graceOver(locks: Locks, { time, warn, outside }: Grace): Promise<void> {
  if (locks.isEmpty) return;
  const timers: NodeJS.Timeout[] = [];
  const endsAt = performance.now() + time;
  const over = new Promise<void>((resolve) => {
    outside.run(() => {
      timers.push(setTimeout(resolve, time));
      if (time > SILENT_FOR) timers.push(setTimeout(() => warnOf(locks.held(), endsAt, warn), SILENT_FOR));
    });
  });
  await Promise.race([locks.emptied(), over]);
  timers.forEach(clearTimeout);
}

function warnOf(late: readonly LateLock[], endsAt: number, warn: Grace['warn']): void {
  if (late.length === 0) return;
  const clock = Date.now() - performance.now();
  const time = (at: number): string => new Date(clock + at).toISOString();
  const named = [...late]
    .sort((a, b) => a.since - b.since)
    .slice(0, MOST_NAMED)
    .map(({ key, since }) => ({ key, since: time(since) }));
  try {
    warn(messages.waitsForLocks(late.length, named, time(endsAt)));
  } catch {
    // A logger that fails must not keep an application from closing.
  }
}
