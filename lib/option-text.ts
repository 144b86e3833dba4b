/**
 * Options of the module that come from the environment, where everything is text. A boolean and a number are read from the
 * text that means it and nothing else; any other text is left as it is, for the check of the option to refuse.
 */

/**
 * Options of which each may also be text, as variables of the environment are: `'30s'`, `'5000'`, `'false'`. The compiler
 * can't tell what such a text says, so it is checked when the application starts.
 */
export type OrText<Options> = { [Name in keyof Options]: Options[Name] | (string & {}) };

/** The options with their text read; `booleans` and `numbers` are the names of those that are. */
export function readText<Options extends object>(
  options: OrText<Options>,
  { booleans = [], numbers = [] }: TextOptions<Options>,
): Options {
  const read: Record<string, unknown> = {};
  for (const name of booleans) if (name in options) read[name] = booleanOf(options[name]);
  for (const name of numbers) if (name in options) read[name] = numberOf(options[name]);
  // The object that was given stays behind it: it may be of a class, whose getters a copy would lose.
  return Object.create(options, Object.getOwnPropertyDescriptors(read)) as Options;
}

interface TextOptions<Options> {
  readonly booleans?: readonly (keyof Options & string)[];
  readonly numbers?: readonly (keyof Options & string)[];
}

function booleanOf(value: unknown): unknown {
  const text = typeof value === 'string' ? value.trim() : value;
  return text === 'true' ? true : text === 'false' ? false : value;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
}
