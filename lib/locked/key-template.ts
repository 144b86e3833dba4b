/**
 * How arguments become keys. A template is parsed once, at decoration; what is left for a call is to read each
 * placeholder, escape it, and join. Escaping makes a template injective: inside a value, `%` and every character other
 * than `A-Z a-z 0-9` that the template itself uses outside its placeholders (and `:` always) is percent-encoded as
 * UTF-8. Hence the first such character after a value is the template's own: it ends the value, and the value can be
 * decoded again. So two different lists of texts never give the same key of one template. Values count by their text:
 * `1`, `1n` and `'1'` are the same. Two templates can give the same key, see `meeting-templates.ts`.
 */
import type { LockKeyRequest } from '../acquire.options.js';
import { LockKeyError } from '../lock.errors.js';
import { foreignPlaceholder, ownSpelling } from './foreign-placeholder.js';
import { badArguments, checkShares, compileFunction, isKeyRequest } from './key-function.js';
import type { KeyOf } from './key-function.js';
import { keyMessages } from './key-template.messages.js';
import type { KeySpec, TemplateFor } from './key-template.types.js';

/**
 * Prepares the keys of a method.
 *
 * @param method - the name of the method, as in `Orders.ship`; for messages.
 * @throws `LockKeyError` for a malformed template.
 */
export function compileKey(spec: KeySpec, method: string): KeyOf {
  if (typeof spec === 'function') return compileFunction(spec as (...args: readonly unknown[]) => unknown, method);
  if (typeof spec === 'string') {
    const template = compileTemplate(spec, method);
    return (args) => [template(args)];
  }
  if (spec === undefined) throw new LockKeyError(keyMessages.noKey(method));
  if (!Array.isArray(spec)) throw new LockKeyError(keyMessages.badSpec(method, spec));
  if (spec.length === 0) throw new LockKeyError(keyMessages.noTemplates(method));
  const templates = Array.from(spec as readonly unknown[], (entry) => compileEntry(entry, method));
  const haveShares = (spec as readonly unknown[]).some((entry) => typeof entry !== 'string');
  return (args) => {
    const keys = templates.map((template) => template(args));
    if (haveShares) checkShares(keys, method);
    return [...new Set(keys)];
  };
}

/**
 * The key that `@Locked(template)` computes for these arguments: for calling `LockService` by hand where a decorated
 * method uses the same key.
 *
 * @example
 * ```ts
 * await locks.acquire(formatKey('order:<0.id>', order));
 * ```
 * @throws `LockKeyError` for a malformed template, and for arguments that cannot name a lock.
 */
export function formatKey<const Template extends string, Args extends readonly unknown[]>(
  template: TemplateFor<Template, Args>,
  ...args: Args
): string {
  return compileTemplate(template, 'formatKey')(args);
}

/** The text around the placeholders of each template; none for a function. */
export function literalsOf(spec: KeySpec, method: string): readonly (readonly string[])[] {
  if (typeof spec === 'function') return [];
  const entries = typeof spec === 'string' ? [spec] : spec;
  return entries.map((entry) => parseTemplate(typeof entry === 'string' ? entry : entry.key, method).literals);
}

/** One of several templates, which may name its own share. */
function compileEntry(entry: unknown, method: string): (args: readonly unknown[]) => string | LockKeyRequest {
  if (!isKeyRequest(entry)) return compileTemplate(entry, method);
  const template = compileTemplate(entry.key, method);
  checkShares([entry], method);
  return (args) => ({ ...entry, key: template(args) });
}

interface Placeholder {
  /** As it stands in the template, with its brackets. */
  readonly source: string;
  readonly index: number;
  readonly path: readonly string[];
}

/** One literal more than placeholders; either may be empty at the ends only. */
interface Template {
  readonly literals: readonly [string, ...string[]];
  readonly placeholders: readonly Placeholder[];
}

const TOKEN = /<<|<([^>]*)>|</g;
const PLACEHOLDER = /^(?:0|[1-9]\d*)(?:\.[^\s.<>]+)*$/;
const SEPARATOR = /[^A-Za-z0-9%]/;

function compileTemplate(template: unknown, method: string): (args: readonly unknown[]) => string {
  if (typeof template !== 'string') throw new LockKeyError(keyMessages.badSpec(method, template));
  const { literals, placeholders } = parseTemplate(template, method);
  const [start, ...ends] = literals;
  const { reserved, escape } = escapingFor(literals);
  return (args) => {
    let key = start;
    for (let i = 0; i < placeholders.length; i++) {
      const placeholder = placeholders[i]!;
      let text = readText(args, placeholder, template, method);
      if (reserved.test(text)) {
        if (!text.isWellFormed()) {
          throw badArguments(keyMessages.illFormedValue(method, template, placeholder.source));
        }
        text = escape(text);
      }
      key += text + ends[i]!;
    }
    return key;
  };
}

function parseTemplate(template: string, method: string): Template {
  if (template === '') throw new LockKeyError(keyMessages.emptyTemplate(method));
  if (!template.isWellFormed()) throw new LockKeyError(keyMessages.illFormedTemplate(method, template));
  const literals: [string, ...string[]] = [''];
  const placeholders: Placeholder[] = [];
  let literal = '';
  let end = 0;
  for (const { 0: token, 1: inner, index } of template.matchAll(TOKEN)) {
    literal += template.slice(end, index);
    end = index + token.length;
    if (token === '<<') literal += '<';
    else if (inner === undefined) throw new LockKeyError(keyMessages.unclosed(method, template));
    else {
      if (!PLACEHOLDER.test(inner)) throw new LockKeyError(keyMessages.badPlaceholder(method, template, token));
      const left = placeholders.at(-1);
      if (left && !SEPARATOR.test(literal)) {
        throw new LockKeyError(keyMessages.noSeparator(method, template, left.source, token));
      }
      const [position, ...path] = inner.split('.');
      literals[placeholders.length] = literal;
      placeholders.push({ source: token, index: Number(position), path });
      literal = '';
    }
  }
  literals[placeholders.length] = literal + template.slice(end);
  const foreign = foreignPlaceholder(literals);
  if (foreign !== undefined) {
    throw new LockKeyError(keyMessages.foreignPlaceholder(method, template, foreign, ownSpelling(foreign)));
  }
  return { literals, placeholders };
}

/**
 * Finds and escapes what a value may not contain as it is. Half surrogate pairs are among the reserved characters, so
 * that one test finds both what to escape and what to refuse.
 */
function escapingFor(literals: readonly string[]): { reserved: RegExp; escape: (text: string) => string } {
  const codes = escapeSequences(literals);
  const set = Array.from(codes.keys(), (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`).join('');
  const reserved = new RegExp(`[${set}\\u{d800}-\\u{dfff}]`, 'u');
  const every = new RegExp(`[${set}]`, 'gu');
  return { reserved, escape: (text) => text.replace(every, (char) => codes.get(char)!) };
}

/** The characters that a template escapes in values, each with its replacement. */
export function escapeSequences(literals: readonly string[]): ReadonlyMap<string, string> {
  const chars = ['%', ':', ...literals.join('').replace(/[A-Za-z0-9]/g, '')];
  return new Map(chars.map((char) => [char, percentEncode(char)]));
}

/** `encodeURIComponent` leaves some punctuation alone, which a template may use as its separator. */
function percentEncode(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x80 ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : encodeURIComponent(char);
}

function readText(args: readonly unknown[], placeholder: Placeholder, template: string, method: string): string {
  const { source, index, path } = placeholder;
  let value: unknown = args[index];
  let depth = 0;
  try {
    for (; depth < path.length && value !== undefined && value !== null; depth++) {
      value = (value as Readonly<Record<string, unknown>>)[path[depth]!];
    }
  } catch (cause) {
    const where = whereIs(index, path.slice(0, depth + 1));
    throw new LockKeyError(keyMessages.unreadable(method, template, source, where, cause), { cause });
  }
  switch (typeof value) {
    case 'string':
      if (value !== '') return value;
      break;
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    case 'bigint':
    case 'boolean':
      return String(value);
  }
  const where = whereIs(index, path.slice(0, depth));
  throw badArguments(keyMessages.badValue(method, template, source, where, value));
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'].map((ordinal) => `the ${ordinal} argument`);

function whereIs(index: number, path: readonly string[]): string {
  const argument = `${ORDINALS[index] ?? `argument number ${index + 1}`} (<${index}>)`;
  return path.length === 0 ? argument : `"${path.join('.')}" of ${argument}`;
}
