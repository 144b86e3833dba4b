/**
 * The names in Redis of one key's state: `lock:{order:42}`, and beside it `lock:{order:42}:line` and others that end in
 * another word, see `scripts/record.ts`. The braces make the user's key the hash tag, so that all live in one cluster slot.
 * A tag ends at the first closing brace and must not be empty: only a key that begins with `}` would break it, so that one
 * character is escaped (and the escape character itself, to keep different keys different).
 */

/** The record of `key` under `prefix`. */
export function recordName(prefix: string, key: string): string {
  const first = key[0];
  const tag = first === '}' ? `%7D${key.slice(1)}` : first === '%' ? `%25${key.slice(1)}` : key;
  return `${prefix}:{${tag}}`;
}

/**
 * Whether a prefix keeps the state of every key in one slot: a brace in it would become the hash tag, or break it. A
 * complete tag of its own (`{locks}`) is fine: it puts all locks in one slot.
 */
export function isSlotSafePrefix(prefix: string): boolean {
  return !prefix.includes('{') || /^[^{]*\{[^}]+\}/.test(prefix);
}
