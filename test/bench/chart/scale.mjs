/** From figures to lengths: `at` a value, and the `marks` beside it. */

const STEPS = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100];
const MOST_MARKS = 6;

/** From 0 to the largest. */
export function linear(values, length) {
  const max = Math.max(...values, 1);
  const step = STEPS.find((each) => max / each <= MOST_MARKS - 1) ?? max / MOST_MARKS;
  const marks = Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, i) => i * step);
  return { at: (value) => (value / max) * length, marks };
}

/** From a power of ten below all values to one above them. It has no place for 0. */
export function logarithmic(values, length) {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  if (logs.length === 0) return { at: () => 0, marks: [] };
  const from = Math.floor(Math.min(...logs) - 0.05);
  const to = Math.max(Math.ceil(Math.max(...logs)), from + 1);
  const marks = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  return { at: (value) => (value > 0 ? ((Math.log10(value) - from) / (to - from)) * length : 0), marks };
}
