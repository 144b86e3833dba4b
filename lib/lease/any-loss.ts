/**
 * One signal for the loss of any of several holds. `AbortSignal.any` would do, but Node.js 20 keeps something of every call
 * for as long as its sources live, and a hold may be entered again many times.
 */
import { setMaxListeners } from 'node:events';
import type { Hold } from './hold.js';

export class AnyLoss {
  private readonly abort = new AbortController();

  constructor(private readonly holds: readonly Hold[]) {
    setMaxListeners(0, this.signal);
    for (const { signal } of holds) signal.addEventListener('abort', this.onLoss);
    this.onLoss();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Listens no more. */
  end(): void {
    for (const { signal } of this.holds) signal.removeEventListener('abort', this.onLoss);
  }

  private readonly onLoss = (): void => {
    const lost = this.holds.find(({ signal }) => signal.aborted);
    if (lost) this.abort.abort(lost.signal.reason);
  };
}
