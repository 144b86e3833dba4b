/** What `foreign-placeholder.ts` checks at run time, for the compiler. */
import type { Digit, IsPattern, Letter, Punctuation } from './text.types.js';

/** What is wrong with a piece of a template that has no placeholder; `never` when nothing is. */
export type ForeignProblem<Literal extends string> =
  InBraces<Literal> | Formatted<Literal> | (Literal extends `${string}$${Digit}${string}` ? Foreign<'$1'> : never);

/** What is wrong with a template that has no placeholder at all. */
export type ForeignNameProblem<Template extends string> = Template extends `${infer Before}#${infer After}`
  ? Named<Before, After, '#'>
  : Template extends `${infer Before}$${infer After}`
    ? Named<Before, After, '$'>
    : Template extends `${string}/:${infer After}`
      ? Named<'', After, '/:'>
      : never;

type Foreign<
  Text extends string,
  Own extends string = '<0> or <0.id>',
> = `${Text} is no placeholder here and would stand in every key: write ${Own}, or use a key function`;

type InBraces<Literal extends string> = Literal extends `${string}{${infer Inner}}${infer Rest}`
  ? IsPattern<Inner> extends true
    ? InBraces<Rest>
    : HasWord<Inner> extends true
      ? Foreign<`{${Inner}}`, Inner extends `${bigint}` ? `<${Inner}>` : '<0> or <0.id>'>
      : InBraces<Rest>
  : never;

/** Whether the text has anything but punctuation. A text of spaces only counts as well. */
type HasWord<Text extends string, Blank = true> = Text extends `${infer Char}${infer Rest}`
  ? Char extends Punctuation
    ? HasWord<Rest, false>
    : Char extends ' '
      ? HasWord<Rest, Blank>
      : true
  : Blank;

type Formatted<
  Literal extends string,
  Kind extends string = 's' | 'd' | 'i' | 'f' | 'j' | 'o' | 'O',
> = Kind extends unknown
  ? Literal extends `${string}%${Kind}${infer Rest}`
    ? StartsWithWord<Rest> extends true
      ? Formatted<Rest, Kind>
      : Foreign<`%${Kind}`>
    : never
  : never;

type Named<Before extends string, After extends string, Mark extends string> =
  StartsWithLetter<After> extends true
    ? EndsWithWord<Before> extends true
      ? ForeignNameProblem<After>
      : Foreign<`${Mark}id`>
    : ForeignNameProblem<After>;

type StartsWithLetter<Text extends string> = Text extends `${infer Char}${string}`
  ? Lowercase<Char> extends Letter | '_'
    ? true
    : false
  : false;

type StartsWithWord<Text extends string> = Text extends `${infer Char}${string}`
  ? Lowercase<Char> extends Letter | Digit
    ? true
    : false
  : false;

type EndsWithWord<Text extends string> = Text extends `${infer Char}${infer Rest}`
  ? Rest extends ''
    ? StartsWithWord<Char>
    : EndsWithWord<Rest>
  : false;
