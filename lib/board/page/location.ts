/** What the page shows, as it stands behind the `#` of its address: so it can be linked, and the browser's back works. */
import type { BoardSort } from '../wire.js';

/** A key, or a page of the list. */
export type Place =
  { readonly key: string } | { readonly search: string; readonly sort: BoardSort; readonly page: number };

export const SORTS: readonly (readonly [BoardSort, string])[] = [
  ['hot', 'Longest queue'],
  ['held', 'Held longest'],
  ['ending', 'Least time left'],
  ['key', 'Name'],
];

/** The place that the address names. */
export function here(): Place {
  const words = new URLSearchParams(location.hash.slice(1));
  const key = words.get('key');
  if (key) return { key };
  const sort = SORTS.find(([each]) => each === words.get('sort'))?.[0] ?? 'hot';
  return { search: words.get('search') ?? '', sort, page: Math.max(0, Number(words.get('page')) || 0) };
}

/** The address of a place, for a link. */
export function linkTo(place: Place): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(place)) {
    if (value !== '' && value !== 0 && value !== 'hot') words.set(name, String(value));
  }
  return `#${words.toString()}`;
}
