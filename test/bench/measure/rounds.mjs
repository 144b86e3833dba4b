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
 * @returns for each entry: `{ entry, rounds }` with the figures of each round, or `{ entry, failure }`
 */
export async function inRounds(entries, seconds, name) {
  const count = Math.max(3, Math.round(seconds / SLICE_SECONDS));
  const results = entries.map((entry) => ({ entry, rounds: [], failure: entry.failure }));
  for (const result of results) await attempt(result, name, WARM_UP_MS); // compiled and optimised, scripts loaded
  for (let round = 0; round < count; round++) {
    for (const result of inOrderOf(round, results)) {
      const figures = await attempt(result, name, (seconds * 1_000) / count);
      if (figures !== undefined) result.rounds.push(figures);
    }
  }
  return results;
}

async function attempt(result, name, milliseconds) {
  if (result.failure !== undefined) return undefined;
  try {
    return await result.entry.work(name, milliseconds);
  } catch (error) {
    result.failure = error.message;
    return undefined;
  }
}

/** Each starts once in turn, and every other round goes backwards, so that nobody always runs after the same. */
function inOrderOf(round, items) {
  const start = round % items.length;
  const order = [...items.slice(start), ...items.slice(0, start)];
  return round % 2 === 0 ? order : order.reverse();
}

/** The rows of a case: what `describe` makes of each entry's rounds and the floor's, or the failure. */
export function rowsOf(results, describe) {
  const [floor] = results;
  return results.map(({ entry, rounds, failure }) => {
    if (failure !== undefined || floor.failure !== undefined) return { entry, failure: failure ?? 'the floor failed' };
    return { entry, ...describe(rounds, floor.rounds) };
  });
}
