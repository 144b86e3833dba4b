/**
 * The names in Redis of one key's state: `lock:{order:42}`, and beside it `lock:{order:42}:line` and others that end in
 * another word, see `scripts/record.ts`. The braces make the user's key the hash tag, so that all live in one cluster slot.
 * A tag ends at the first closing brace and must not be empty: only a key that begins with `}` would break it, so that one
 * character is escaped (and the escape character itself, to keep different keys different).
 */
import { literalsOf } from '../glob.js';

/** The record of `key` under `prefix`. */
export function recordName(prefix: string, key: string): string {
  const first = key[0];
  const tag = first === '}' ? `%7D${key.slice(1)}` : first === '%' ? `%25${key.slice(1)}` : key;
  return `${prefix}:{${tag}}`;
}

/** What a client puts in front of every key by itself. */
export function keyPrefixOf(client: unknown): string {
  const { options } = client as { readonly options?: { readonly keyPrefix?: unknown } };
  return typeof options?.keyPrefix === 'string' ? options.keyPrefix : '';
}

/** The key of a record, and undefined for any other name. */
export function keyOfRecord(prefix: string, name: string): string | undefined {
  if (!name.startsWith(`${prefix}:{`) || !name.endsWith('}')) return undefined;
  const tag = name.slice(prefix.length + 2, -1);
  if (tag === '') return undefined;
  if (tag.startsWith('%7D')) return `}${tag.slice(3)}`;
  if (tag.startsWith('%25')) return `%${tag.slice(3)}`;
  // No record is written like this.
  return tag.startsWith('}') || tag.startsWith('%') ? undefined : tag;
}

/**
 * The pattern of `SCAN` for the records of keys that match a pattern, and perhaps of some others: Redis compares bytes, and
 * the first character of a record may be escaped, so only what is meant literally is told to it.
 */
export function recordPattern(keyPrefix: string, prefix: string, match: string): string {
  const [head = '', ...rest] = literalsOf(match);
  const begin = literally(keyPrefix + recordName(prefix, head).slice(0, -1));
  return `${[begin, ...rest.map(literally)].join('*')}}`;
}

/** A text as a pattern that matches nothing else. */
function literally(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}

/**
 * Whether a prefix keeps the state of every key in one slot: a brace in it would become the hash tag, or break it. A
 * complete tag of its own (`{locks}`) is fine: it puts all locks in one slot.
 */
export function isSlotSafePrefix(prefix: string): boolean {
  return !prefix.includes('{') || /^[^{]*\{[^}]+\}/.test(prefix);
}
