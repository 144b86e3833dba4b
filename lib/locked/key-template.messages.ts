/**
 * The sentences of `LockKeyError`s about templates and key functions: which method, which placeholder, what to do.
 */
import { plain, quote, show } from '../lock.messages.js';

const GRAMMAR =
  'A placeholder is the position of a parameter and, if need be, the way to a property of it: `<0>`, `<1.user.id>`; ' +
  'write `<<` for a `<` that belongs to the key.';
const OR_FUNCTION = 'or compute the key with a function: @Locked((order: Order) => `order:${order.id}`)';

export const keyMessages = {
  badSpec: (method: string, spec: unknown) =>
    `${method}: ${show(spec)} cannot name a lock. Give a template such as 'order:<0>', an array of templates, or a ` +
    'function of the arguments.',
  noKey: (method: string) => `${method} has no key: write @Locked('order:<0>').`,
  noTemplates: (method: string) => `${method}: an empty list of key templates locks nothing. Name at least one key.`,
  emptyTemplate: (method: string) =>
    `${method}: an empty key template cannot name a lock. Write at least one character.`,
  illFormedTemplate: (method: string, template: string) =>
    `${method}: the key template ${show(template)} is not well-formed Unicode: it contains half a surrogate pair. Write ` +
    'the whole character.',
  unclosed: (method: string, template: string) =>
    `${method}: the key template ${show(template)} has a "<" that no ">" closes. ${GRAMMAR}`,
  badPlaceholder: (method: string, template: string, placeholder: string) =>
    `${method}: ${plain(placeholder)} in the key template ${show(template)} is not a placeholder. ${GRAMMAR}`,
  foreignPlaceholder: (method: string, template: string, foreign: string, own: string) =>
    `${method}: ${show(foreign)} in the key template ${show(template)} is no placeholder here and would stand in every ` +
    `key as it is. Write ${plain(own)}. To have it in the key as plain text, compute the key with a function.`,
  noSeparator: (method: string, template: string, left: string, right: string) =>
    `${method}: nothing separates ${plain(left)} from ${plain(right)} in the key template ${show(template)}, so different arguments ` +
    'could give the same key. Put a character between them that is neither a letter, a digit nor "%", such as ":".',
  meeting: (method: string, template: string, other: string, otherTemplate: string, key: string) =>
    `${method}: the key template ${show(template)} and ${show(otherTemplate)} of ${plain(other)} can both give the key ` +
    `${show(key)}, so that two unrelated things would exclude each other, or count as one and be entered at the same time. ` +
    'Let the templates differ before their first placeholder, or in where ":" stands, which values never contain.',
  badValue: (method: string, template: string, placeholder: string, where: string, value: unknown) =>
    `${method}: ${plain(placeholder)} in the key template ${show(template)} cannot be filled, because ${plain(where)} is ` +
    `${describe(value)}. Only a string that is not empty, a finite number, a bigint or a boolean can: pass one, name ` +
    `another property, ${OR_FUNCTION}.`,
  illFormedValue: (method: string, template: string, placeholder: string) =>
    `${method}: the value of ${plain(placeholder)} in the key template ${show(template)} is not well-formed Unicode: it ` +
    'contains half a surrogate pair. Pass the whole text, or encode it first.',
  unreadable: (method: string, template: string, placeholder: string, where: string, cause: unknown) =>
    `${method}: ${plain(placeholder)} in the key template ${show(template)} cannot be filled, because reading ${plain(where)} threw ` +
    `${describeThrown(cause)}. See \`cause\`, ${OR_FUNCTION}.`,
  functionThrew: (method: string, cause: unknown) =>
    `${method}: the key function of @Locked threw ${describeThrown(cause)}, so no key is known. See \`cause\`.`,
  badResult: (method: string, result: unknown) =>
    `${method}: the key function of @Locked returned ${describe(result)}. It must return a string that is not empty, ` +
    'or a list of one or more such strings or of objects with such a `key`, and not a promise of them.',
  badKeyInResult: (method: string, key: unknown, index: number) =>
    `${method}: the key function of @Locked returned a list whose element ${index} is ${describe(key)}. Every key must ` +
    'be a string that is not empty, or an object with such a `key`.',
  illFormedKey: (method: string, key: string) =>
    `${method}: the key function of @Locked returned ${show(key)}, which is not well-formed Unicode: it contains half ` +
    'a surrogate pair. Use the whole text, or encode it first.',
};

/** What a value is, without what it contains: errors travel further than data should. */
function describe(value: unknown): string {
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'an array';
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'boolean':
    case 'symbol':
      return `a ${typeof value}`;
    case 'number':
      return Number.isFinite(value) ? 'a number' : String(value);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : 'an object';
    default:
      return 'undefined';
  }
}

function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? quote(thrown.message) : describe(thrown);
}
