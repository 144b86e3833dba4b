/** Writes down what is asked, and what becomes of it. */
import { now } from '../clock.js';
import type { Recorder } from '../history/recorder.js';
import type { Random } from '../../support/random.js';

/** What a section throws of its own. */
export class OwnError extends Error {}

/** What a call settles with that says of a loss by its answer. */
export class Lost extends Error {
  readonly code = 'LOCK_LOST';
}

/** Why a wait was cancelled. */
class Cancelled extends Error {}

export class Calls {
  private readonly open = new Set<Promise<unknown>>();
  private readonly waits = new Map<number, AbortController>();

  constructor(private readonly recorder: Recorder) {}

  /** Makes a call; answers its result, or nothing when it fails. Never rejects. */
  make<Result>(
    what: string,
    limit: number | null,
    work: (call: number) => Promise<Result>,
  ): Promise<Result | undefined> {
    const call = this.recorder.newId();
    this.recorder.write({ e: 'ask', t: now(), call, what, limit });
    const settled = this.settle(call, work);
    this.open.add(settled);
    void settled.then(() => this.open.delete(settled));
    return settled;
  }

  /** A signal that may cancel the call. */
  signalOf(call: number): AbortSignal {
    const cancel = new AbortController();
    this.waits.set(call, cancel);
    return cancel.signal;
  }

  cancel(call: number): void {
    const cancel = this.waits.get(call);
    if (!cancel || cancel.signal.aborted) return;
    this.recorder.write({ e: 'cancel', t: now(), call });
    cancel.abort(new Cancelled());
  }

  /** Cancels any call that can be cancelled. */
  cancelOne(random: Random): void {
    if (this.waits.size > 0) this.cancel(random.pick([...this.waits.keys()]));
  }

  cancelAll(): void {
    Array.from(this.waits.keys()).forEach((call) => this.cancel(call));
  }

  /** Resolves when no call is open. */
  async idle(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  private async settle<Result>(call: number, work: (call: number) => Promise<Result>): Promise<Result | undefined> {
    let outcome = 'ok';
    try {
      return await work(call);
    } catch (error) {
      outcome = nameOf(error);
      return undefined;
    } finally {
      this.recorder.write({ e: 'settle', t: now(), call, outcome });
      this.waits.delete(call);
    }
  }
}

function nameOf(error: unknown): string {
  if (error instanceof OwnError) return 'OWN';
  if (error instanceof Cancelled) return 'CANCELLED';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('LOCK_') ? code : String(error);
}
