/**
 * Which templates the locked methods of a class have, and the check at start-up that no two templates of an application
 * can give the same key by accident. Three kinds are not checked: templates of one shape (`order:<0>`, `order:<1.id>`),
 * which are meant to give the same keys; templates without a placeholder, which are written as one key; and key
 * functions, whose keys are not known before a call.
 */
import { LockKeyError } from '../lock.errors.js';
import { LOCKED_TEMPLATES } from '../lock.tokens.js';
import { literalsOf } from './key-template.js';
import { keyMessages } from './key-template.messages.js';
import type { KeySpec } from './key-template.types.js';
import { commonKey } from './meeting-templates.js';

interface LockedTemplate {
  readonly instance: string | undefined;
  /** As in `Orders.ship`. */
  readonly method: string;
  readonly literals: readonly string[];
}

type ByMethod = ReadonlyMap<string | symbol, readonly LockedTemplate[]>;

/** Notes the templates of a method on its prototype, beside those that the prototype inherits. */
export function noteTemplates(
  target: object,
  property: string | symbol,
  method: string,
  spec: KeySpec,
  instance: string | undefined,
): void {
  const own = Object.hasOwn(target, LOCKED_TEMPLATES) ? templatesOf(target).get(property) : undefined;
  const templates = literalsOf(spec, method).map((literals) => ({ instance, method, literals }));
  const value = new Map(templatesOf(target)).set(property, [...(own ?? []), ...templates]);
  Object.defineProperty(target, LOCKED_TEMPLATES, { value, configurable: true });
}

function templatesOf(target: object): ByMethod {
  try {
    const noted = (target as { [LOCKED_TEMPLATES]?: unknown })[LOCKED_TEMPLATES];
    if (noted instanceof Map) return noted as ByMethod;
  } catch {
    // The object throws when it is read.
  }
  return new Map();
}

/** Throws a `LockKeyError` for the first two templates of an instance that can give the same key. */
export function refuseMeetingTemplates(prototypes: Iterable<object>, instance: string | undefined): void {
  const shapes = new Map<string, LockedTemplate>();
  for (const prototype of prototypes) {
    for (const template of [...templatesOf(prototype).values()].flat()) {
      const isPattern = template.instance === instance && template.literals.length > 1;
      const shape = JSON.stringify(template.literals);
      if (isPattern && !shapes.has(shape)) shapes.set(shape, template);
    }
  }
  const templates = [...shapes.values()];
  for (const [index, template] of templates.entries()) {
    for (const other of templates.slice(0, index)) {
      const key = commonKey(other.literals, template.literals);
      if (key === undefined) continue;
      const { method } = template;
      throw new LockKeyError(keyMessages.meeting(method, shown(template), other.method, shown(other), key), { key });
    }
  }
}

function shown({ literals }: LockedTemplate): string {
  return literals.join('<…>');
}
