/** What comes from a browser: it may be anything. */
import type { ViewQuery } from './lock-board.js';
import type { BoardSort, ReleaseBody } from './wire.js';

const SORTS: Record<BoardSort, true> = { hot: true, key: true, held: true, ending: true };
/** As much as an operator may say, see `ForceReleaseOptions`. */
const LONGEST_REASON = 500;
const LONGEST_SEARCH = 500;

/** What a viewer wants to see; by default the first page of the list. */
export function readViewQuery(parameters: URLSearchParams): ViewQuery {
  const key = parameters.get('key');
  if (key) return { key };
  const sort = parameters.get('sort') ?? '';
  const page = Number(parameters.get('page'));
  return {
    search: (parameters.get('search') ?? '').slice(0, LONGEST_SEARCH),
    sort: Object.hasOwn(SORTS, sort) ? (sort as BoardSort) : 'hot',
    page: Number.isSafeInteger(page) && page > 0 ? page : 0,
  };
}

/** The body of a forced release, or what is wrong with it. */
export function readReleaseBody(body: unknown): ReleaseBody | string {
  const { key, confirmation, reason } = (typeof body === 'object' && body !== null ? body : {}) as {
    [Name in keyof ReleaseBody]?: unknown;
  };
  if (typeof key !== 'string' || key === '') return 'The key is missing.';
  if (confirmation !== key) return 'The key was not typed as it is.';
  const said = typeof reason === 'string' ? reason.trim() : '';
  if (said === '' || said.length > LONGEST_REASON) return `A reason of 1 to ${LONGEST_REASON} characters is needed.`;
  return { key, confirmation: key, reason: said };
}
