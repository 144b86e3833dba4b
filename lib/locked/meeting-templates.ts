/**
 * Whether two templates can give the same key: `order:<0>` of `1/items` is `order:<0>/items` of `1`, because the first
 * does not escape what it does not use itself. Each template is turned into an automaton for its keys, and the two are
 * walked together until both end. Templates that differ before their first placeholder are told apart at once.
 */
import { escapeSequences } from './key-template.js';

/** Reads one character: this one, or any that is not in the set. */
interface Step {
  readonly reads: string | ReadonlySet<string>;
  readonly to: number;
}

/** The steps of each state; the first is the beginning. */
interface Automaton {
  readonly states: readonly (readonly Step[])[];
  readonly end: number;
}

/** A key that both templates can give, if there is one. A template is given as the texts around its placeholders. */
export function commonKey(a: readonly string[], b: readonly string[]): string | undefined {
  if (!a[0]!.startsWith(b[0]!) && !b[0]!.startsWith(a[0]!)) return undefined;
  const [left, right] = [automatonOf(a), automatonOf(b)];
  const seen = new Set<number>();
  const open: { p: number; q: number; key: string }[] = [{ p: 0, q: 0, key: '' }];
  for (const { p, q, key } of open) {
    if (p === left.end && q === right.end) return key;
    for (const one of left.states[p]!) {
      for (const other of right.states[q]!) {
        const char = common(one.reads, other.reads);
        const pair = one.to * right.states.length + other.to;
        if (char === undefined || seen.has(pair)) continue;
        seen.add(pair);
        open.push({ p: one.to, q: other.to, key: key + char });
      }
    }
  }
  return undefined;
}

function common(a: Step['reads'], b: Step['reads']): string | undefined {
  if (typeof a === 'string') return typeof b === 'string' ? (a === b ? a : undefined) : b.has(a) ? undefined : a;
  // No template escapes letters.
  return typeof b === 'string' ? common(b, a) : 'x';
}

function automatonOf(literals: readonly string[]): Automaton {
  const escapes = escapeSequences(literals);
  const escaped = new Set(escapes.keys());
  const states: Step[][] = [[]];
  const push = (): number => states.push([]) - 1;
  /** Adds a path that reads a text, and answers the state to which it leads. */
  const read = (from: number, text: string, to?: number): number => {
    const chars = Array.from(text);
    chars.forEach((char, i) => {
      const next = i === chars.length - 1 && to !== undefined ? to : push();
      states[from]!.push({ reads: char, to: next });
      from = next;
    });
    return from;
  };
  let state = read(0, literals[0]!);
  for (const literal of literals.slice(1)) {
    // A value is one character or more, of which some are escaped.
    const value = push();
    for (const from of [state, value]) {
      states[from]!.push({ reads: escaped, to: value });
      for (const sequence of escapes.values()) read(from, sequence, value);
    }
    state = read(value, literal);
  }
  return { states, end: state };
}
