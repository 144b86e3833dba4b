/**
 * A signal that goes by the clock when it is asked. After a blocked event loop its listeners are called when the loop turns
 * again, and by then other code may have asked whether it may go on: it must hear what the clock says. To ask runs no listener.
 */

const ofSignal = (name: 'aborted' | 'reason'): ((signal: AbortSignal) => unknown) => {
  const { get } = Object.getOwnPropertyDescriptor(AbortSignal.prototype, name)!;
  return (signal) => Reflect.apply(get!, signal, []) as unknown;
};
const abortedOf = ofSignal('aborted');
const reasonOf = ofSignal('reason');

/** Whether it was aborted, and its listeners are told. */
export function hasAborted(signal: AbortSignal): boolean {
  return abortedOf(signal) === true;
}

/** @param lossOf - why it has to be taken for aborted, by the clock; `undefined` while it has not. */
export function askClock(signal: AbortSignal, lossOf: () => unknown): void {
  Object.defineProperties(signal, {
    aborted: { configurable: true, get: () => hasAborted(signal) || lossOf() !== undefined },
    reason: { configurable: true, get: () => (hasAborted(signal) ? reasonOf(signal) : lossOf()) },
    throwIfAborted: {
      configurable: true,
      writable: true,
      value: () => {
        if (signal.aborted) throw signal.reason;
      },
    },
  });
}
