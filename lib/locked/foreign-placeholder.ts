/**
 * Finds placeholders of other packages. They would stand in every key as they are written, so that one key would lock
 * everything. Refused are forms that are hardly ever meant as plain text: `{0}`, `{id}`, `${id}`, `#{id}`, `{{id}}`,
 * `%s`, `$1`; and, where a template has no placeholder at all, `#id`, `$id` and `/:id`. Braces with nothing but
 * punctuation between them are plain text. `foreign-placeholder.types.ts` checks the same at compile time.
 */

/** Braces of one literal with a letter or a digit in them, or nothing but spaces. */
const IN_BRACES = /[$#]?\{+(?:\s*|[^{}]*[^\s!-/:-@[-`{-~][^{}]*)\}+/u;
const FORMATTED = /%(?:[sdifjoO](?![A-Za-z0-9])|\(\w+\)[sd]|\d+\$[sd])/;
const NUMBERED = /\$\d+/;
const NAMED = /(?<![A-Za-z0-9])(?:[#$]|(?<=\/):)[A-Za-z_]\w*/;

/** The first placeholder of another package in the literals of a template. */
export function foreignPlaceholder(literals: readonly string[]): string | undefined {
  for (const literal of literals) {
    const found = IN_BRACES.exec(literal) ?? FORMATTED.exec(literal) ?? NUMBERED.exec(literal);
    if (found) return found[0];
  }
  return literals.length === 1 ? NAMED.exec(literals[0]!)?.[0] : undefined;
}

/**
 * What to write instead: the placeholder of this package, at the same position where the foreign one names a position.
 */
export function ownSpelling(foreign: string): string {
  const [, position, path = ''] = /^[$#]?\{+\s*(\d+)((?:\.\w+)*)\s*\}+$/.exec(foreign) ?? [];
  if (position === undefined) return '<0> for the first argument, <0.id> for its property `id`';
  return `<${Number(position)}${path}>${path === '' ? `, or <${Number(position)}.id> for a property` : ''}`;
}
