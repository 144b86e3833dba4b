/**
 * What `@Locked` takes and which methods it fits. The decorator is typed by what is known when it is called (the key,
 * the fallback, …) and checks the method when it is applied: where something does not fit, the type of the descriptor
 * becomes a sentence that says so.
 */
import type { Observable, Subscribable } from 'rxjs';
import type { LockedReturns, OnBusy, WithLockOptions } from '../acquire.options.js';
import type { LockBusyError, LockTimeoutError } from '../lock.errors.js';
import type { ArgsFor, KeyProblem, KeySpec } from './key-template.types.js';

/**
 * What cancels the wait of a decorated method: a signal, or a function of the arguments that finds one, with the object
 * as `this`.
 */
export type LockedSignal = AbortSignal | ((...args: never[]) => AbortSignal | undefined);

/** Options of `@Locked`. */
export interface LockedOptions<
  Busy extends OnBusy = OnBusy,
  Signal extends LockedSignal = LockedSignal,
  Returns extends LockedReturns = LockedReturns,
> extends Omit<WithLockOptions, 'signal'> {
  /** Name of the module instance to use, as given to `forRoot`; by default the one without a name. */
  instance?: string | undefined;
  /**
   * What a call does when another caller holds the key until the wait ends. `'throw'`: it fails with `LockBusyError` or
   * `LockTimeoutError`. `'skip'`: the method does not run; a promise resolves to `undefined`, an Observable completes
   * and a generator ends without a value. So does a call that gets no lock because the module is closing: a scheduled
   * job whose time comes during a shutdown is left out quietly. Without `'skip'` such a call fails with
   * `LockShutdownError`. A function runs instead of the method, without the lock: it gets the error and the method's
   * arguments, has the object as `this`, and returns what the method would.
   * @default 'throw'
   * @example
   * ```ts
   * \@Locked('report:<0>', { wait: 0, onBusy: (error, id: string) => cachedReport(id) })
   * async report(id: string): Promise<Report> { … }
   * ```
   */
  onBusy?: Busy | undefined;
  /**
   * Cancels the wait: the call fails with the signal's reason. A function finds the signal among the arguments, or in the
   * object, which it has as `this`.
   */
  signal?: Signal | undefined;
  /**
   * What the method returns, where that can't be seen at run time: a function that is neither `async` nor a generator
   * and whose return type is not `Promise` or `Observable` by name.
   */
  returns?: Returns | undefined;
}

/**
 * A decorator for methods that fit. Inside `applyDecorators`, which loses the types of methods, write
 * `Locked(…) as MethodDecorator`.
 */
export interface LockedDecorator<
  Key extends KeySpec,
  Busy extends OnBusy = OnBusy,
  Signal extends LockedSignal = LockedSignal,
  Returns extends LockedReturns = LockedReturns,
> {
  /** This overload says in words what does not fit. */
  <Args extends readonly unknown[], Result>(
    target: InstanceSide & ThisOf<Key> & ThisOf<Busy> & ThisOf<Signal>,
    propertyKey: string | symbol,
    descriptor: Unless<
      KeyProblem<Key, Args> | OptionsProblem<Busy, Signal, Returns, Args, Result>,
      MethodDescriptor<Args, Result>
    >,
  ): void;
  /**
   * This overload compares by assignability, which sees through parameters whose type is a type parameter of
   * the class. `Declared` is the same as `Args`, except where the compiler puts the bound in the place of
   * parameters that break it.
   */
  <Args extends ArgsFor<Key>, Declared extends readonly unknown[], Result>(
    target: InstanceSide & ThisOf<Key> & ThisOf<Busy> & ThisOf<Signal>,
    propertyKey: string | symbol,
    descriptor: Unless<
      BoundProblem<Args, Declared> | OptionsProblem<Busy, Signal, Returns, Declared, Result>,
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

type Unless<Problem, Good> = [Problem] extends [never] ? Good : Problem;

type BoundProblem<Args, Declared> = [Args] extends [never]
  ? 'the other overload says what is wrong'
  : [Declared] extends [Args]
    ? never
    : 'the other overload says what is wrong';

type OptionsProblem<Busy, Signal, Returns, Args extends readonly unknown[], Result> =
  ResultProblem<Result, Returns> | BusyProblem<Busy, Args, Result> | SignalProblem<Signal, Args>;

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
