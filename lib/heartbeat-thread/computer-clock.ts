/** The one clock that all threads of a computer share, in milliseconds; it says nothing of the time of day. */
export function computerClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
