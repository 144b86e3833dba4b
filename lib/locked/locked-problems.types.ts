/**
 * What is wrong with the options of `@Locked` for the method that it stands above: `never` when nothing is, and otherwise a
 * sentence, which is what the compiler then prints.
 */
import type { Observable, Subscribable } from 'rxjs';
import type { LockMode, OnBusy } from '../acquire.options.js';
import type { LockBusyError, LockTimeoutError } from '../lock.errors.js';
import type { LockedSignal, LockedUnless, OfCall } from './locked.options.js';

/** What is wrong with the options, apart from the share. */
export type OptionsProblem<Busy, Signal, Returns, Args extends readonly unknown[], Result> =
  ResultProblem<Result, Returns> | BusyProblem<Busy, Args, Result> | SignalProblem<Signal, Args>;

/** What is wrong with the options that say with whom the key is shared. */
export type ShareProblem<Mode, Concurrency, Weight, Args extends readonly unknown[]> =
  | OfCallProblem<'mode', Mode, LockMode, Args>
  | OfCallProblem<'concurrency', Concurrency, number, Args>
  | OfCallProblem<'weight', Weight, number, Args>;

/**
 * The least that the parameters of the method must be for an option that may be a function of them; `never` when this type
 * can't tell. As for keys (`ArgsFor`), it is by plain assignability.
 */
export type ArgsOfCall<Given> = (Given extends unknown ? (args: LeastArgs<Given>) => void : never) extends (
  args: infer Args,
) => void
  ? Args
  : never;

type LeastArgs<Given> = Given extends (...args: infer Args) => unknown
  ? [Args, never[]] extends [never[], Args]
    ? unknown[]
    : number extends Args['length']
      ? never
      : [...Args, ...unknown[]]
  : unknown[];

/** What a decorated method returns, by kind: a subtype would lose its other members. */
interface Returned {
  promise: Promise<unknown>;
  observable: Observable<unknown>;
  asyncGenerator: AsyncGenerator;
}

type KindOf<Result> = [Result] extends [never]
  ? never
  : [Result] extends [PromiseLike<unknown>]
    ? 'promise'
    : [Result] extends [Subscribable<unknown>]
      ? 'observable'
      : [Result] extends [AsyncIterable<unknown>]
        ? 'asyncGenerator'
        : never;

type ResultProblem<Result, Returns> = 0 extends 1 & Result
  ? never
  : [KindOf<Result>] extends [never]
    ? '@Locked needs a method that returns a promise, an Observable or an async generator: make it async'
    : [keyof Result] extends [keyof Returned[KindOf<Result>]]
      ? [KindOf<Result>] extends [Returns]
        ? never
        : 'the option "returns" contradicts the return type of the method'
      : 'a method with @Locked returns a plain Promise, Observable or AsyncGenerator, not a subtype: make it async, or declare the plain type';

type BusyProblem<Busy, Args extends readonly unknown[], Result> = [OnBusy] extends [Busy]
  ? never
  : Busy extends 'throw'
    ? never
    : Busy extends 'skip'
      ? SkipProblem<Result>
      : Busy extends (error: LockBusyError | LockTimeoutError, ...args: Args) => unknown
        ? Busy extends (error: LockBusyError | LockTimeoutError, ...args: Args) => Fallback<Result>
          ? never
          : 'the result of the onBusy function does not fit the result of the method'
        : 'the parameters of the onBusy function do not fit: the error, then the parameters of the method';

/** Results are compared as results of functions, which works where they depend on type parameters of the class. */
type SkipProblem<Result> =
  KindOf<Result> extends 'promise'
    ? (() => undefined) extends () => Awaited<Result>
      ? never
      : "onBusy: 'skip' resolves to undefined, which the result of the method does not admit: add undefined to it"
    : Result extends AsyncGenerator<unknown, infer Return, never>
      ? (() => undefined) extends () => Return
        ? never
        : "onBusy: 'skip' returns undefined, which the generator's return value does not admit: add undefined to it"
      : never;

type Fallback<Result> =
  KindOf<Result> extends 'promise'
    ? Awaited<Result> | PromiseLike<Awaited<Result>>
    : Result extends Observable<infer Value> | Subscribable<infer Value>
      ? Observable<Value> | Value
      : Result extends AsyncIterable<infer Value>
        ? AsyncIterable<Value>
        : unknown;

type SignalProblem<Signal, Args extends readonly unknown[]> = [LockedSignal] extends [Signal]
  ? never
  : Signal extends AbortSignal | ((...args: Args) => unknown)
    ? never
    : 'the parameters of the signal function do not fit the parameters of the method';

/** What is wrong with the function that finds the result where it is there already. */
export type UnlessProblem<Unless, Args extends readonly unknown[], Result> = [LockedUnless] extends [Unless]
  ? never
  : [KindOf<Result>] extends ['promise']
    ? Unless extends (...args: Args) => unknown
      ? Unless extends (...args: Args) => Found<Awaited<Result>> | PromiseLike<Found<Awaited<Result>>>
        ? never
        : 'the value of the unless function does not fit the result of the method'
      : 'the parameters of the unless function do not fit the parameters of the method'
    : 'the option "unless" needs a method that returns a promise';

/** A method that results in nothing has run or has not: `false` would be taken for a result that is there. */
type Found<Value> = undefined | Value | (void extends Value ? true : never);

type OfCallProblem<Name extends string, Given, Value, Args extends readonly unknown[]> = [OfCall<Value>] extends [Given]
  ? never
  : Given extends Value | ((...args: Args) => unknown)
    ? never
    : `the parameters of the ${Name} function do not fit the parameters of the method`;
