/**
 * Publishes how long a lock is held, from the moment when its caller has it until it is given back or lost, whatever comes
 * first; and runs sections in the contexts of those that listen.
 */
import { AsyncResource } from 'node:async_hooks';
import type { AroundSection, LockHoldMessage } from '../../lock.channels.js';
import type { LockLostError } from '../../lock.errors.js';
import type { Lock } from '../../lock.js';
import { holdChannel } from './channels.js';

/** A lock that can be traced. */
interface TraceableLock extends Lock {
  traceBy(trace: HoldTrace): void;
}

/** Code that runs at most once; asked again, it answers as the first time. */
class Once<Result> {
  private outcome: { readonly result: Result } | { readonly thrown: unknown } | undefined = undefined;

  constructor(private readonly code: () => Result) {}

  run(): Result {
    if (!this.outcome) {
      try {
        this.outcome = { result: this.code() };
      } catch (thrown) {
        this.outcome = { thrown };
      }
    }
    if ('thrown' in this.outcome) throw this.outcome.thrown;
    return this.outcome.result;
  }

  hasReturned(value: unknown): boolean {
    return this.outcome !== undefined && 'result' in this.outcome && this.outcome.result === value;
  }

  hasThrown(error: unknown): boolean {
    return this.outcome !== undefined && 'thrown' in this.outcome && this.outcome.thrown === error;
  }
}

export class HoldTrace {
  private around: AroundSection | undefined;
  private readonly message: LockHoldMessage;
  private readonly since = performance.now();
  private isOver = false;
  /** That of the lock's caller. `AsyncResource.bind` would do, at several times the cost. */
  private readonly context = new AsyncResource('LockHold', { requireManualDestroy: true });

  /** Begins, in the async context of the lock's caller. */
  constructor(of: Omit<LockHoldMessage, 'wrap'>, lock: Lock) {
    this.message = { ...of, wrap: (around) => this.wrap(around) };
    const { message } = this;
    holdChannel.start.runStores(message, () => undefined);
    holdChannel.end.publish(message);
    const { signal } = lock;
    if (signal.aborted) this.lost(signal.reason as LockLostError);
    else signal.addEventListener('abort', () => this.inContext(() => this.lost(signal.reason as LockLostError)));
  }

  /**
   * Runs a section of the lock, once, whatever those do that run it: one that throws, forgets it or runs it again keeps
   * nobody from its outcome.
   */
  run<Result>(section: () => Result): Result {
    const { around } = this;
    if (!around) return section();
    const once = new Once(section);
    try {
      const answer: unknown = around(() => once.run());
      // A promise of the subscriber's own may reject as the section's does, and nobody else has it.
      if (answer instanceof Promise && !once.hasReturned(answer)) answer.catch(() => undefined);
    } catch (error) {
      if (!once.hasThrown(error)) process.emitWarning(error instanceof Error ? error : String(error));
    }
    return once.run();
  }

  /** It was given back; `settled` answers whether it had been lost. */
  released(settled: Promise<LockLostError | undefined>): void {
    const heldMs = performance.now() - this.since;
    // Its handler runs in the context of the one that gives it back, who may be another.
    void settled.then((loss) =>
      this.inContext(() => {
        if (loss) this.lost(loss);
        else this.over({ end: 'released', heldMs });
      }),
    );
  }

  detached(): void {
    this.over({ end: 'detached' });
  }

  private inContext(act: () => void): void {
    this.context.runInAsyncScope(act);
  }

  private lost(error: LockLostError): void {
    this.over({ end: error.reason === 'forced' ? 'forced' : 'lost', error });
  }

  private over(outcome: Pick<LockHoldMessage, 'end' | 'error' | 'heldMs'>): void {
    if (this.isOver) return;
    this.isOver = true;
    const { message } = this;
    Object.assign(message, { heldMs: performance.now() - this.since }, outcome);
    if (outcome.error) holdChannel.error.publish(message);
    holdChannel.asyncStart.publish(message);
    holdChannel.asyncEnd.publish(message);
  }

  private wrap(around: AroundSection): void {
    const { around: inner } = this;
    this.around = inner ? (section) => around(() => inner(section)) : around;
  }
}

/** From here on it is published how long a lock is held, which its caller has got in this async context. */
export function traceHold(of: Omit<LockHoldMessage, 'wrap' | 'fencingToken'>, lock: TraceableLock): void {
  const { instance, label, keys, mode, id } = of;
  const { fencingToken } = lock;
  lock.traceBy(new HoldTrace({ instance, label, keys, mode, id, fencingToken }, lock));
}
