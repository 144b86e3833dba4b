/** Patterns as Redis's `SCAN` has them: `*`, `?`, `[ab]`, `[^a-z]`, and `\` in front of what is meant literally. */

/** One place of a pattern: any text, one character that is meant literally, or the characters that fit there. */
type Place = 'any text' | { readonly literal: string } | ((character: string) => boolean);

/** Answers whether a text fits; takes time in proportion to both lengths, whatever the pattern. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const places = readPlaces([...pattern]);
  return (text) => fits([...text], places);
}

function fits(text: readonly string[], places: readonly Place[]): boolean {
  let [i, j] = [0, 0];
  /** Where to go on when the text behind the last `*` does not fit: one character later. */
  let again: readonly [i: number, j: number] | undefined;
  while (i < text.length) {
    const place = places[j];
    if (place === 'any text') {
      j += 1;
      again = [i, j];
    } else if (place !== undefined && fitsOne(text[i]!, place)) {
      i += 1;
      j += 1;
    } else if (again) {
      again = [again[0] + 1, again[1]];
      [i, j] = again;
    } else {
      return false;
    }
  }
  while (places[j] === 'any text') j += 1;
  return j === places.length;
}

function fitsOne(character: string, place: Exclude<Place, 'any text'>): boolean {
  return typeof place === 'function' ? place(character) : place.literal === character;
}

/**
 * The texts that are meant literally in a pattern, in order. Between two of them may be anything; the first begins the text
 * and the last ends it, empty where the pattern leaves that open.
 */
export function literalsOf(pattern: string): string[] {
  const literals = [''];
  for (const place of readPlaces([...pattern])) {
    if (typeof place === 'object') literals[literals.length - 1] += place.literal;
    else if (literals.length === 1 || literals.at(-1) !== '') literals.push('');
  }
  return literals;
}

function readPlaces(pattern: readonly string[]): Place[] {
  const places: Place[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const sign = pattern[i]!;
    if (sign === '*') {
      places.push('any text');
    } else if (sign === '?') {
      places.push(() => true);
    } else if (sign === '[') {
      const [place, end] = readClass(pattern, i + 1);
      places.push(place);
      i = end;
    } else {
      const literal = sign === '\\' && i + 1 < pattern.length ? pattern[(i += 1)]! : sign;
      places.push({ literal });
    }
  }
  return places;
}

/** A class that is not closed reaches to the end, as in Redis. */
function readClass(pattern: readonly string[], from: number): [place: Place, end: number] {
  const isNot = pattern[from] === '^';
  const ranges: [string, string][] = [];
  let i = isNot ? from + 1 : from;
  for (; i < pattern.length && pattern[i] !== ']'; i++) {
    if (pattern[i] === '\\' && i + 1 < pattern.length) i += 1;
    const first = pattern[i]!;
    const isRange = pattern[i + 1] === '-' && i + 2 < pattern.length;
    const last = isRange ? pattern[(i += 2)]! : first;
    ranges.push(first <= last ? [first, last] : [last, first]);
  }
  return [(character) => ranges.some(([a, b]) => a <= character && character <= b) !== isNot, i];
}
