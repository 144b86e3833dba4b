/**
 * The store's own clock: it never steps back while the process runs, counts whole microseconds, and lies close enough to
 * the wall clock to begin fencing tokens with. It looks up the global at each call, so a test's fake clock moves it.
 */

/** Now, in microseconds since 1970. */
export function clockMicroseconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

/** A duration as the clock counts it. */
export function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

/** A duration as callers count it, rounded up: as long as any time is left, at least a millisecond is. */
export function toMillisecondsUp(microseconds: number): number {
  return Math.max(0, Math.ceil(microseconds / 1000));
}
