/** A length of time as users write it, and as the library computes with it: milliseconds. */
import ms from 'ms';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/**
 * A length of time: milliseconds as a number, or a string such as `'500ms'`, `'30s'`, `'5m'`, `'2 h'`
 * (read by the `ms` package).
 */
export type Duration = number | `${number}${Unit}` | `${number} ${Unit}`;

/** Milliseconds of a {@link Duration}; NaN when it is none. */
export function toMilliseconds(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  if (typeof duration !== 'string') return NaN;
  // As a variable of the environment may have it.
  const text = duration.trim();
  if (text === 'Infinity') return Infinity;
  return text === '' ? NaN : (ms(text as ms.StringValue) ?? NaN);
}
