/**
 * Milliseconds, with fractions, on a clock that all processes of this machine have in common: `performance.now()` reads
 * the monotonic clock of the system, counted from the start of its own process, and this takes that start out again.
 */
const OFFSET = Math.max(
  ...Array.from({ length: 1_000 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

export const now = () => performance.now() + OFFSET;

/** How far two processes can be apart by it: two reads one after the other. */
export const CLOCK_ERROR_MS = 0.002;
