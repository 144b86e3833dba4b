/**
 * Key templates at compile time. {@link KeyProblem} reads a template, follows each placeholder through the types of the
 * parameters, and is `never` when all is well; otherwise it is a string literal type that says what is wrong, which is
 * what the compiler then prints. What is declared optional or nullable is refused, since it would throw at run time (a
 * parameter with a default included: the key is computed before defaults apply). Elements of arrays, rest parameters
 * and index signatures count as present, as they do for TypeScript, and are checked at run time.
 */

import type { LockKeyRequest, LockKeys } from '../acquire.options.js';
import type { ForeignNameProblem, ForeignProblem } from './foreign-placeholder.types.js';
import type { Digit, IsPattern, Letter } from './text.types.js';

/** What a placeholder may stand for. */
type KeyValue = string | number | bigint | boolean;

/**
 * A function of the method's arguments that returns its key, or several keys that are locked all or none, and of which
 * each may name its own share. It has the object as `this`, unless it is an arrow function:
 * `function (this: Orders, id: string) { … }`.
 *
 * @example
 * ```ts
 * \@Locked((from: string, to: string) => [{ key: `account:${from}`, mode: 'read' }, `account:${to}`])
 * async compare(from: string, to: string) { … }
 * ```
 */
export type KeyFunction = (...args: never[]) => LockKeys;

/**
 * What `@Locked` locks: a template such as `'order:<0>'` or `'account:<0.id>'`, several templates, of which each may name
 * its own share (`{ key: 'account:<0.id>', mode: 'read' }`), or a function of the method's arguments. `<<` stands for a `<` that belongs to the key. Placeholders of other packages (`{0}`, `{id}`,
 * `${id}`, `#{id}`, `{{id}}`, `%s`, `$1`; and in a template without a placeholder `#id`, `$id`, `/:id`) are refused
 * rather than taken literally; a key that is meant to contain one is computed with a function.
 */
export type KeySpec = LockKeys | KeyFunction;

/** What is wrong with a key for a method with these parameters; `never` when nothing is. */
export type KeyProblem<Key extends KeySpec, Args extends readonly unknown[]> = [KeyFunction] extends [Key]
  ? never
  : Key extends string
    ? TemplateProblem<Key, Args>
    : Key extends readonly (string | LockKeyRequest)[]
      ? Key['length'] extends 0
        ? 'an empty list of key templates locks nothing'
        : TemplateProblem<TemplateOf<Key[number]>, Args>
      : Key extends (...args: Args) => unknown
        ? never
        : 'the parameters of the key function do not fit the parameters of the method';

/** The template of an entry of a list. */
type TemplateOf<Entry> = Entry extends { readonly key: infer Template extends string } ? Template : Entry & string;

/** What is wrong with a template; `never` when nothing is, or where the compiler does not know the text. */
type TemplateProblem<Template extends string, Args extends readonly unknown[]> = Template extends ''
  ? 'an empty key template cannot name a lock'
  : Scan<Template, Args> | (Template extends `${string}<${string}` ? never : ForeignNameProblem<Template>);

/** The template itself where it fits the arguments, and otherwise the problem. */
export type TemplateFor<Template extends string, Args extends readonly unknown[]> = [
  TemplateProblem<Template, Args>,
] extends [never]
  ? Template
  : TemplateProblem<Template, Args>;

/**
 * The least that the parameters must be for a key, as a tuple; `never` when this type can't tell. It accepts less than
 * {@link KeyProblem}, but by plain assignability, so it also sees through a parameter whose type is a type parameter of
 * the class, which conditional types cannot.
 */
export type ArgsFor<Key extends KeySpec> = Key extends (...args: infer Args) => unknown
  ? number extends Args['length']
    ? never
    : [...Args, ...unknown[]]
  : [KeyProblem<Key, never[]>] extends [never]
    ? ArgsWith<Placeholders<Key extends readonly (string | LockKeyRequest)[] ? TemplateOf<Key[number]> : Key & string>>
    : never;

/** `Gap` is the literal text since the last placeholder; the first needs no separator before it. */
type Scan<Text extends string, Args, Gap extends string = ':'> = Text extends `${infer Literal}<${infer After}`
  ? After extends `<${infer Rest}`
    ? ForeignProblem<Literal> | Scan<Rest, Args, ':'>
    : After extends `${infer Inner}>${infer Rest}`
      ? | (Separates<`${Gap}${Literal}`> extends true
            ? PlaceholderProblem<Inner, Args>
            : `nothing but letters and digits stands before <${Inner}>: separate it from the placeholder before it, as in "<0>:<1>"`)
        | ForeignProblem<Literal>
        | Scan<Rest, Args, ''>
      : `a "<" is not closed: write "<<" for a "<" that belongs to the key`
  : ForeignProblem<Text>;

type Separates<Text extends string> =
  IsPattern<Text> extends true
    ? true
    : Text extends `${infer Char}${infer Rest}`
      ? Lowercase<Char> extends Letter | Digit | '%'
        ? Separates<Rest>
        : true
      : false;

type PlaceholderProblem<Inner extends string, Args> =
  IsPattern<Inner> extends true
    ? never
    : Inner extends `${infer Position}.${infer Path}`
      ? ParameterProblem<Position, Path, Inner, Args>
      : ParameterProblem<Inner, '', Inner, Args>;

type ParameterProblem<Position extends string, Path extends string, Inner extends string, Args> =
  IsPosition<Position> extends true
    ? ElementOf<Args, Position> extends []
      ? `<${Inner}> is beyond the last parameter`
      : Follow<ElementOf<Args, Position>, Path, Inner>
    : NotAPosition<Inner>;

type NotAPosition<Inner extends string> =
  `<${Inner}> must start with the position of a parameter, as in <0> or <0.${Inner}>`;

/** `0`, `1`, `10`, but neither `-1` nor `01`, `0x1` or `1e0`, which don't come back the same from a number. */
type IsPosition<Text extends string> = Text extends `-${string}`
  ? false
  : Text extends `${infer Index extends number}`
    ? number extends Index
      ? false
      : true
    : false;

/** The type of an element, in a list of one; the empty list when there is none. */
type ElementOf<Value, Key extends string> = Key extends keyof Value
  ? [Value[Key]]
  : Key extends `${infer Index extends number}`
    ? Index extends keyof Value
      ? Value extends readonly unknown[]
        ? number extends Value['length']
          ? [Value[Index]]
          : []
        : [Value[Index]]
      : []
    : [];

/** Follows `Path` from an element; `Inner` is the whole placeholder, for the message. */
type Follow<Element extends unknown[], Path extends string, Inner extends string> = [Element] extends [[infer Value]]
  ? 0 extends 1 & Value
    ? never
    : unknown extends Value
      ? `<${Inner}> leads through a value of type unknown`
      : [Value] extends [NonNullable<Value>]
        ? Path extends ''
          ? [Value] extends [KeyValue]
            ? never
            : `<${Inner}> is not a string, number, bigint or boolean: name one of its properties, as in <${Inner}.id>`
          : Path extends `${infer Name}.${infer Rest}`
            ? Follow<ElementOf<Value, Name>, Rest, Inner>
            : Follow<ElementOf<Value, Path>, '', Inner>
        : `<${Inner}> may be undefined or null: require it, or use a key function`
  : `<${Inner}> names a property that does not exist`;

type Placeholders<Text extends string> = Text extends `${string}<${infer After}`
  ? After extends `<${infer Rest}`
    ? Placeholders<Rest>
    : After extends `${infer Inner}>${infer Rest}`
      ? (IsPattern<Inner> extends true ? never : Inner) | Placeholders<Rest>
      : never
  : never;

type ArgsWith<Inner extends string, Args extends unknown[] = []> = [Inner] extends [never]
  ? [...Args, ...unknown[]]
  : ArgsWith<
      Exclude<Inner, `${Args['length']}` | `${Args['length']}.${string}`>,
      [...Args, All<Extract<Inner, `${Args['length']}` | `${Args['length']}.${string}`>>]
    >;

/** What a parameter must be for every one of the placeholders that start at it. */
type All<Inner extends string> = (Inner extends unknown ? (value: With<Inner>) => void : never) extends (
  value: infer Value,
) => void
  ? Value
  : never;

type With<Path extends string> = Path extends `${string}.${infer Name}.${infer Rest}`
  ? { readonly [K in Name]: With<`.${Rest}`> }
  : Path extends `${string}.${infer Name}`
    ? { readonly [K in Name]: KeyValue }
    : KeyValue;
