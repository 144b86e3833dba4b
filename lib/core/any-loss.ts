/**
 * One signal for the loss of any of several holders. `AbortSignal.any` would do, but Node.js 20 retains something of
 * every call for as long as its sources live, and a holder may be entered again many times.
 */
import { setMaxListeners } from 'node:events';
import type { Holder } from './lease/holder.js';

export class AnyLoss {
  private readonly abort = new AbortController();

  constructor(private readonly holders: readonly Holder[]) {
    setMaxListeners(0, this.signal);
    for (const { signal } of holders) signal.addEventListener('abort', this.onLoss);
    this.onLoss();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Stops listening. */
  end(): void {
    for (const { signal } of this.holders) signal.removeEventListener('abort', this.onLoss);
  }

  private readonly onLoss = (): void => {
    const lost = this.holders.find(({ signal }) => signal.aborted);
    if (lost) this.abort.abort(lost.signal.reason);
  };
}
