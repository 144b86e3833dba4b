/**
 * Which methods `@Locked` fits. The decorator is typed by what is known when it is called (the key, the fallback, …) and
 * checks the method when it is applied: where something does not fit, the type of the descriptor becomes a sentence that
 * says so.
 */
import type { LockedReturns, LockMode, OnBusy } from '../acquire.options.js';
import type { ArgsFor, KeyProblem, KeySpec } from './key-template.types.js';
import type { ArgsOfCall, OptionsProblem, ShareProblem, UnlessProblem } from './locked-problems.types.js';
import type { LockedSignal, LockedUnless, OfCall } from './locked.options.js';

/**
 * A decorator for methods that fit. Inside `applyDecorators`, which loses the types of methods, write
 * `Locked(…) as MethodDecorator`.
 */
export interface LockedDecorator<
  Key extends KeySpec,
  Busy extends OnBusy = OnBusy,
  Signal extends LockedSignal = LockedSignal,
  Returns extends LockedReturns = LockedReturns,
  Mode extends OfCall<LockMode> = OfCall<LockMode>,
  Concurrency extends OfCall<number> = OfCall<number>,
  Weight extends OfCall<number> = OfCall<number>,
  Unless extends LockedUnless = LockedUnless,
> {
  /** This overload says in words what does not fit. */
  <Args extends readonly unknown[], Result>(
    target: InstanceSide &
      ThisOf<Key> &
      ThisOf<Busy> &
      ThisOf<Signal> &
      ThisOf<Mode> &
      ThisOf<Concurrency> &
      ThisOf<Weight> &
      ThisOf<Unless>,
    propertyKey: string | symbol,
    descriptor: Fitting<
      | KeyProblem<Key, Args>
      | OptionsProblem<Busy, Signal, Returns, Args, Result>
      | UnlessProblem<Unless, Args, Result>
      | ShareProblem<Mode, Concurrency, Weight, Args>,
      MethodDescriptor<Args, Result>
    >,
  ): void;
  /**
   * This overload compares by assignability, which sees through parameters whose type is a type parameter of
   * the class. `Declared` is the same as `Args`, except where the compiler puts the bound in the place of
   * parameters that break it.
   */
  <
    Args extends ArgsFor<Key> & ArgsOfCall<Mode> & ArgsOfCall<Concurrency> & ArgsOfCall<Weight> & ArgsOfCall<Unless>,
    Declared extends readonly unknown[],
    Result,
  >(
    target: InstanceSide &
      ThisOf<Key> &
      ThisOf<Busy> &
      ThisOf<Signal> &
      ThisOf<Mode> &
      ThisOf<Concurrency> &
      ThisOf<Weight> &
      ThisOf<Unless>,
    propertyKey: string | symbol,
    descriptor: Fitting<
      | BoundProblem<Args, Declared>
      | OptionsProblem<Busy, Signal, Returns, Declared, Result>
      | UnlessProblem<Unless, never[], Result>,
      MethodDescriptor<Args, unknown> & MethodDescriptor<Declared, Result>
    >,
  ): void;
}

/** What a decorator of an instance's member gets; a static member's gets the class, which has a prototype. */
type InstanceSide = object & { readonly prototype?: never };

/** What the functions among the key and the options want as `this`, which is the object whose method is called. */
type ThisOf<Given> = Given extends (this: infer This, ...args: never[]) => unknown ? This : unknown;

/** The part of a descriptor that says what the method is. */
interface MethodDescriptor<Args extends readonly unknown[], Result> {
  value?: ((...args: Args) => Result) | undefined;
}

type Fitting<Problem, Good> = [Problem] extends [never] ? Good : Problem;

type BoundProblem<Args, Declared> = [Args] extends [never]
  ? 'the other overload says what is wrong'
  : [Declared] extends [Args]
    ? never
    : 'the other overload says what is wrong';
