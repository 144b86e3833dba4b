/**
 * The names in Redis of one key's state: `lock:{order:42}`, `lock:{order:42}:line`, `lock:{order:42}:seen`. The braces
 * make the user's key the hash tag, so that all three live in one cluster slot. A tag ends at the first closing brace
 * and must not be empty: only a key that begins with `}` would break it, so that one character is escaped (and the
 * escape character itself, to keep different keys different).
 */

const ESCAPED = /^[}%]/;

/** Appends the record, line and seen key of a user's key. */
export function addRedisKeys(words: string[], prefix: string, key: string): void {
  const tag = ESCAPED.test(key) ? (key.startsWith('}') ? '%7D' : '%25') + key.slice(1) : key;
  const record = `${prefix}:{${tag}}`;
  words.push(record, `${record}:line`, `${record}:seen`);
}

/**
 * Whether a prefix keeps every key in one slot: a brace in it would become the hash tag, or break it. A complete tag of
 * its own (`{locks}`) is fine: it puts all locks in one slot.
 */
export function isSlotSafePrefix(prefix: string): boolean {
  return !prefix.includes('{') || /^[^{]*\{[^}]+\}/.test(prefix);
}
