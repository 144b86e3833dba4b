/**
 * What an entry of the lease script asks for: the first character of its detail. The script compares its code, see
 * {@link codeOf}.
 */
export const Mode = {
  /** Take the key if it is free. */
  try: '0',
  /** Take the key, or join the queue. */
  wait: '1',
  /** Only prolong what the token has: its lease, or its place in the queue. */
  touch: '2',
  /** Give back a lease that was not passed on, or a place in the queue. */
  release: '3',
  /** Give back a lease, telling the last fencing token used, and perhaps a successor. */
  pass: '4',
  /** As {@link Mode.try}, {@link Mode.wait} and {@link Mode.pass}, of a token that would share the key. */
  tryShared: '5',
  waitShared: '6',
  /** Take another share of a key that the token holds; or wish for it, where it can't be had now. */
  convert: '7',
  convertWaiting: '8',
  passShared: '9',
  /** Only say whether the key could be taken at once. */
  ask: '?',
} as const;

/** A mode as Lua's `string.byte` sees it. */
export function codeOf(mode: string): number {
  return mode.charCodeAt(0);
}
