/**
 * Measures all contestants side by side: in every round each gets one short slice, in an order that changes from round
 * to round, so that whatever else the machine does hits all alike. Figures of one round are compared with each other.
 */
const SLICE_SECONDS = 0.15;
const WARM_UP_MS = 1_000;

/**
 * @param entries see `remote.mjs`
 * @param seconds measuring time of each of them
 * @param name of the case that they work on
 * @param options how many slices (`rounds`) or how long each (`slice`, in seconds); how long the warm-up; what the case
 *   wants to be told (`detail`), and what is made of its figures (`digest`)
 * @returns for each entry: `{ entry, rounds }` with the figures of each round, or `{ entry, failure }`
 */
export async function inRounds(entries, seconds, name, options = {}) {
  const { slice = SLICE_SECONDS, warmUp = WARM_UP_MS, detail, digest = (figures) => figures } = options;
  const { rounds: count = Math.max(3, Math.round(seconds / slice)) } = options;
  const results = entries.map((entry) => ({ entry, rounds: [], failure: entry.failure, remark: undefined }));
  // Compiled and optimised, scripts loaded.
  if (warmUp > 0) for (const result of results) await attempt(result, warmUp, true);
  for (let round = 0; round < count; round++) {
    for (const result of inOrderOf(round, results)) await attempt(result, (seconds * 1_000) / count);
  }
  return results;

  async function attempt(result, milliseconds, isWarmUp = false) {
    if (result.failure !== undefined || result.remark !== undefined) return;
    try {
      const figures = digest(await result.entry.work(name, milliseconds, detail));
      if (figures.stalled > 0) leaveOut(result, figures);
      if (!isWarmUp || result.remark !== undefined) result.rounds.push(figures);
    } catch (error) {
      result.failure = error.message;
    }
  }
}

/** Its callers go on for nobody knows how long: no more rounds for it, and its process is of no use to other cases. */
function leaveOut(result, { stalled, drain }) {
  result.remark = `${stalled} callers still waited ${drain / 1_000} s after the end of a slice: stopped there`;
  result.entry.failure = 'it stalled in another case';
}

/** Each starts once in turn, and every other round goes backwards, so that nobody always runs after the same. */
function inOrderOf(round, items) {
  const start = round % items.length;
  const order = [...items.slice(start), ...items.slice(0, start)];
  return round % 2 === 0 ? order : order.reverse();
}

/**
 * The rows of a case: what `describe` makes of each entry's rounds and the floor's, or the failure. The floor is the
 * entry of the contestant that is one, or else the first.
 */
export function rowsOf(results, describe) {
  const floor = results.find(({ entry }) => entry.contestant.floor) ?? results[0];
  return results.map(({ entry, rounds, failure, remark }) => {
    if (failure !== undefined || floor.failure !== undefined) return { entry, failure: failure ?? 'the floor failed' };
    return { entry, remark, ...describe(rounds, floor.rounds) };
  });
}
