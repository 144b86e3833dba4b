/**
 * Sections of one key that may run at once, see `sections.mjs` for those that may not: whether ever more were inside than
 * may be, and how many were.
 */
import { CLOCK_ERROR_MS } from './clock.mjs';
import { inOrder, summary } from './sections.mjs';

/** A writer is alone, readers are not counted. */
export const readersAndWriters = ({ isRead }) => (isRead ? Infinity : 1);

/**
 * One round: the sections of all processes in the order of entry.
 *
 * @param parts what each process saw, see `callers.mjs`
 * @param limitOf with how many, itself among them, a section is ready to run at once
 * @throws where more ran at once: then nothing else matters
 */
export function sideBySide(parts, limitOf) {
  const sections = inOrder(parts);
  let inside = [];
  let most = 0;
  for (const section of sections) {
    inside = inside.filter(({ left }) => left > section.entered + CLOCK_ERROR_MS);
    inside.push(section);
    const limit = Math.min(...inside.map(limitOf));
    if (inside.length > limit) throw new Error(`it lets in too many: ${inside.length} at once, where ${limit} may be`);
    most = Math.max(most, inside.length);
  }
  return { ...summary(parts, sections), sections, most, ...waitsByKind(parts, sections) };
}

/** Sections per second. */
export const grantRate = ({ grants, milliseconds }) => (grants * 1_000) / milliseconds;

function waitsByKind(parts, sections) {
  const inVain = parts.flatMap(({ inVain: waits, inVainRead }) =>
    Array.from(waits, (wait, i) => ({ wait, isRead: inVainRead[i] === 1 })),
  );
  const all = [...sections, ...inVain];
  const waitsOf = (kind) => all.filter(({ isRead }) => isRead === kind).map(({ wait }) => wait);
  return { readWaits: waitsOf(true), writeWaits: waitsOf(false) };
}
