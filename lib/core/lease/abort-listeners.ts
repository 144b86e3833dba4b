/** Whether an abort would run any listener. */
import { getEventListeners } from 'node:events';

/** Where Node.js notes at a signal the signals that `AbortSignal.any` has made of it. */
const DEPENDANTS = 'kDependantSignals';

export function hasAbortListeners(signal: AbortSignal): boolean {
  if (signal.onabort !== null || getEventListeners(signal, 'abort').length > 0) return true;
  return Object.getOwnPropertySymbols(signal).some(({ description }) => description === DEPENDANTS);
}
