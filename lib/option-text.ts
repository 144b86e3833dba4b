/**
 * Options of the module that come from the environment, where everything is text. A boolean and a number are read from the
 * text that means it and nothing else; any other text is left as it is, for the check of the option to refuse.
 */

/**
 * Options of which each may also be text, as variables of the environment are: `'30s'`, `'5000'`, `'false'`. The compiler
 * can't tell what such a text says, so it is checked when the application starts.
 */
export type OrText<Options> = { [Name in keyof Options]: Options[Name] | (string & {}) };

/** Names of all options of a type; the compiler refuses one too many and one too few. */
type NamesOf<Options, Value> = Record<
  { [Name in keyof Options]-?: Exclude<Options[Name], undefined> extends Value ? Name : never }[keyof Options],
  true
>;

/** The options with their text read. */
export function readText<Options extends object>(
  options: OrText<Options>,
  {
    booleans,
    numbers,
    words = [],
  }: {
    readonly booleans: NamesOf<Options, boolean>;
    readonly numbers: NamesOf<Options, number>;
    /** Those of which there are a few words to choose from. */
    readonly words?: readonly (keyof Options & string)[];
  },
): Options {
  const given = options as Record<string, unknown>;
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(booleans)) if (name in given) read[name] = booleanOf(given[name]);
  for (const name of Object.keys(numbers)) if (name in given) read[name] = numberOf(given[name]);
  for (const name of words) if (name in given) read[name] = wordOf(given[name]);
  // The object that was given stays behind it: it may be of a class, whose getters a copy would lose.
  return Object.create(options, Object.getOwnPropertyDescriptors(read)) as Options;
}

function wordOf(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}

function booleanOf(value: unknown): unknown {
  const text = wordOf(value);
  return text === 'true' ? true : text === 'false' ? false : value;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
}
