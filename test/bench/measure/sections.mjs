/**
 * Makes figures of what callers of one key saw (see `callers.mjs`), in one process or in several. Who lets the caller
 * that just released come in again at once shows many grants, few of them to another caller, and an uneven share; so
 * all three are told.
 */
import { CLOCK_ERROR_MS } from './clock.mjs';
import { evenness, median, quantile } from './statistics.mjs';

/**
 * One round: the sections of all processes in the order of entry.
 *
 * @param parts what each process saw
 * @throws where two sections ran at once: then nothing else matters
 */
export function inOneLine(parts) {
  const sections = inOrder(parts);
  let handOffs = 0;
  let last = { left: -Infinity };
  for (const section of sections) {
    if (section.entered < last.left - CLOCK_ERROR_MS) throw new Error('it does not exclude: two sections ran at once');
    if (section.part !== last.part || section.caller !== last.caller) handOffs++;
    last = section;
  }
  return { handOffs, ...summary(parts, sections) };
}

/** The sections of all processes in the order of entry. */
export function inOrder(parts) {
  const sections = parts.flatMap(({ caller, read, asked, entered, left }, part) =>
    Array.from(entered, (time, i) => ({
      part,
      caller: caller[i],
      isRead: read[i] === 1,
      wait: time - asked[i],
      asked: asked[i],
      entered: time,
      left: left[i],
    })),
  );
  return sections.sort((one, other) => one.entered - other.entered);
}

/** What can be told of sections, however many may be inside at once. */
export function summary(parts, sections) {
  const perCaller = parts.map(({ callers }) => Array.from({ length: callers }, () => 0));
  for (const { part, caller } of sections) perCaller[part][caller]++;
  const [{ milliseconds, drain }] = parts;
  const stalled = parts.reduce((sum, part) => sum + part.stalled, 0);
  // Who still waits at the end counts with that: or a wait could never be longer than a round.
  const waits = [...sections.map(({ wait }) => wait), ...parts.flatMap(({ inVain }) => [...inVain])];
  return { perCaller, waits, grants: sections.length, milliseconds, drain, stalled };
}

/** Hand-offs per second. */
export const rate = ({ handOffs, milliseconds }) => (handOffs * 1_000) / milliseconds;

/** The columns of a row that has these rounds. */
export function overRounds(rounds) {
  const waits = rounds.flatMap((round) => round.waits);
  const totals = perCallerOver(rounds);
  return {
    handOffs: median(rounds.map(rate)),
    grants: median(rounds.map((round) => (round.grants * 1_000) / round.milliseconds)),
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    evenness: evenness(totals.flat()),
    evennessOfProcesses: evenness(totals.map((counts) => counts.reduce((sum, count) => sum + count, 0))),
    rounds: rounds.map(rate),
  };
}

/** How many sections each caller of each process had in all rounds. */
export function perCallerOver(rounds) {
  return rounds[0].perCaller.map((counts, part) =>
    counts.map((_, caller) => rounds.reduce((sum, { perCaller }) => sum + perCaller[part][caller], 0)),
  );
}

/** Adds to each row how many times the best of the other libraries it is; answers a note that names that one. */
export function addTimesBest(rows, key) {
  const peers = rows.filter(({ entry, [key]: value }) => isPeer(entry.contestant) && value > 0);
  if (peers.length === 0) return [];
  const best = peers.reduce((one, other) => (other[key] > one[key] ? other : one));
  for (const row of rows) if (row.failure === undefined) row.timesBest = row[key] / best[key];
  return [`The best peer here is ${best.entry.contestant.name}.`];
}

/** Whether it is another library, neither this one, in whichever build, nor hand-written. */
export const isPeer = ({ own = false, byHand = false, formerOf }) => !own && !byHand && formerOf === undefined;
