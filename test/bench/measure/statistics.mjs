/** The few figures that the tables need. */

/** The value below which a share of the samples lies. */
export function quantile(samples, share) {
  const sorted = Float64Array.from(samples).sort();
  if (sorted.length === 0) return NaN;
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)];
  return low + (sorted[Math.ceil(position)] - low) * (position % 1);
}

export const median = (samples) => quantile(samples, 0.5);

/** What two series of figures, taken in the same rounds, are to each other: the median, and the middle half as text. */
export function compare(series, reference, relation = (one, other) => one / other, digits = 2) {
  const perRound = series.map((value, round) => relation(value, reference[round] ?? median(reference)));
  const [low, high] = [0.25, 0.75].map((share) => quantile(perRound, share).toFixed(digits));
  return { median: median(perRound), middle: `${low} … ${high}` };
}

/** How evenly counts are spread: 1 when all are equal, 1/n when one has everything (Jain's index). */
export function evenness(counts) {
  const sum = counts.reduce((total, count) => total + count, 0);
  const squares = counts.reduce((total, count) => total + count * count, 0);
  return squares === 0 ? NaN : (sum * sum) / (counts.length * squares);
}
