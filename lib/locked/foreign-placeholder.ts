/**
 * Placeholders of other packages, which would stand in every key as they are written, so that one key locks everything.
 * Refused is what nobody writes as plain text: `{0}`, `{id}`, `${id}`, `#{id}`, `{{id}}`, `%s`, `$1`; and, where a
 * template has no placeholder at all, `#id`, `$id` and `/:id`. Text in braces that is mere punctuation is text.
 * `key-template.types.ts` says the same to the compiler.
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

/** How it is written here: with its own position, where it has one. */
export function ownSpelling(foreign: string): string {
  const [, position, path = ''] = /^[$#]?\{+\s*(\d+)((?:\.\w+)*)\s*\}+$/.exec(foreign) ?? [];
  if (position === undefined) return '<0> for the first argument, <0.id> for its property `id`';
  return `<${Number(position)}${path}>${path === '' ? `, or <${Number(position)}.id> for a property` : ''}`;
}
