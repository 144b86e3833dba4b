/**
 * One signal for the loss of any of several holders. `AbortSignal.any` would do, but Node.js 20 retains something of
 * every call for as long as its sources live, and a holder may be entered again many times.
 */
import { setMaxListeners } from 'node:events';
import type { LockLostError } from '../lock.errors.js';
import { askClock } from './lease/clock-signal.js';
import type { Holder } from './lease/holder.js';

export class AnyLoss {
  private readonly abort = new AbortController();
  private isOver = false;

  constructor(private readonly holders: readonly Holder[]) {
    setMaxListeners(0, this.signal);
    askClock(this.signal, () => this.loss);
    for (const { signal } of holders) signal.addEventListener('abort', this.onLoss);
    this.onLoss();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Stops listening. */
  end(): void {
    this.isOver = true;
    for (const { signal } of this.holders) signal.removeEventListener('abort', this.onLoss);
  }

  private get loss(): LockLostError | undefined {
    if (this.isOver) return undefined;
    for (const { lossByClock } of this.holders) if (lossByClock) return lossByClock;
    return undefined;
  }

  private readonly onLoss = (): void => {
    const { loss } = this;
    if (loss) this.abort.abort(loss);
  };
}
