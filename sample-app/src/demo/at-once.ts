/** How many of several pieces of work were under way at the same time, whichever processes did them. */

/** When a piece of work was done, by the wall clock of the machine, which all its processes share. */
export interface Span {
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** The most that were under way at once. One that starts in the millisecond in which another ends follows it. */
export function mostAtOnce(spans: readonly Span[]): number {
  const changes = spans.flatMap(({ startedAt, finishedAt }) => [
    { at: startedAt, by: 1 },
    { at: finishedAt, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let running = 0;
  let most = 0;
  for (const { by } of changes) {
    running += by;
    most = Math.max(most, running);
  }
  return most;
}
