/**
 * Reads the command line. `parseArgs` only cuts it up; what is wrong with it is said here, with the nearest thing that could
 * have been meant. Values are not repeated in errors: one may be a URL with a password.
 */
import { parseArgs } from 'node:util';
import { toMilliseconds } from '../duration.js';
import type { Duration } from '../duration.js';
import { nearest } from '../option-names.js';
import { show } from '../quoting.js';
import { COMMANDS, optionsOf } from './commands.js';
import type { OptionSpec } from './commands.js';
import { UsageError } from './exit-codes.js';

/** A command line that was understood. */
export interface Arguments {
  /** `undefined` where only help or the version is asked for, or nothing. */
  readonly command: string | undefined;
  /** The key, where the command takes one. */
  readonly key: string;
  /** The options that were given; of one that comes twice the last. */
  readonly options: Readonly<Record<string, string | true | undefined>>;
}

interface OptionToken {
  readonly kind: 'option';
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** Throws a {@link UsageError}. */
export function readArguments(args: readonly string[]): Arguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: optionsOf(undefined),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const given = tokens.filter((token): token is typeof token & OptionToken => token.kind === 'option');
  const [command, ...rest] = words;
  if (command !== undefined && !Object.hasOwn(COMMANDS, command)) throw unknownCommand(command);
  const known = optionsOf(command);
  const options: Record<string, string | true> = Object.create(null) as object as Record<string, string | true>;
  for (const token of given) options[token.name] = readOption(token, known, command);
  if (command === undefined || options['help'] === true || options['version'] === true) {
    return { command, key: '', options };
  }
  return { command, key: readKeyWord(command, rest), options };
}

/** Reads an option that is a length of time. */
export function readTime(name: string, text: string | true | undefined, fallback: number, least: number): number {
  if (typeof text !== 'string') return fallback;
  const time = toMilliseconds(text as Duration);
  if (time >= least && time <= LONGEST_TIME) return time;
  throw new UsageError(`--${name} is a time from ${least}ms to 10m, such as 500ms or 5s, not ${show(text)}.`);
}

/** Reads an option that is a whole number. */
export function readCount(name: string, text: string | true | undefined, least: number): number | undefined {
  if (typeof text !== 'string') return undefined;
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw new UsageError(`--${name} is a whole number of at least ${least}, not ${show(text)}.`);
}

const LONGEST_TIME = 600_000;

function readOption(
  { name, rawName, value, inlineValue }: OptionToken,
  known: Readonly<Record<string, OptionSpec>>,
  command: string | undefined,
): string | true {
  const spec = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!spec) {
    const meant = rawName.startsWith('--') ? nearest(name, namesOf(known)) : undefined;
    const hint = meant === undefined ? '' : ` Did you mean --${meant}?`;
    const of = command === undefined ? 'no option' : `no option of ${command}`;
    throw new UsageError(`${show(rawName)} is ${of}.${hint}`, command);
  }
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value.`, command);
    return true;
  }
  // What follows is rather the next option than a value.
  const isMissing = value === undefined || value === '' || (inlineValue !== true && /^-./.test(value));
  if (isMissing) {
    throw new UsageError(
      `--${name} needs a value: --${name} ${spec.value}. One that begins with a dash is written --${name}=-….`,
      command,
    );
  }
  return value;
}

function readKeyWord(command: string, words: readonly string[]): string {
  const { takesKey } = COMMANDS[command]!;
  if (!takesKey) {
    if (words.length === 0) return '';
    const hint = command === 'ls' || command === 'watch' ? ' Choose keys with --match.' : '';
    throw new UsageError(`${command} takes no argument, got ${show(words[0])}.${hint}`, command);
  }
  const [key, ...more] = words;
  if (key === undefined || key === '') throw new UsageError(`${command} needs a key.`, command);
  if (more.length > 0) {
    throw new UsageError(`${command} takes one key, and got ${words.length}. Quote one that contains spaces.`, command);
  }
  return key;
}

function unknownCommand(word: string): UsageError {
  const meant = nearest(word, namesOf(COMMANDS));
  const hint = meant === undefined ? `Commands: ${Object.keys(COMMANDS).join(', ')}.` : `Did you mean ${meant}?`;
  return new UsageError(`${show(word)} is no command. ${hint}`);
}

function namesOf(table: object): Readonly<Record<string, true>> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, true as const]));
}
