/**
 * What `@Locked` takes beside the key. Each option that depends on the method has a type parameter of its own, by which the
 * decorator checks it when it is applied.
 */
import type { LockedReturns, LockMode, OnBusy, ShareOptions, WithLockOptions } from '../acquire.options.js';

/**
 * What cancels the wait of a decorated method: a signal, or a function of the arguments that finds one, with the object
 * as `this`.
 */
export type LockedSignal = AbortSignal | ((...args: never[]) => AbortSignal | undefined);

/**
 * An option of `@Locked` that may differ from call to call: a value, or a function of the method's arguments that finds it,
 * with the object as `this`. The function answers at once, without a promise; `undefined` is as good as no option.
 */
export type OfCall<Value> = Value | ((...args: never[]) => Value | undefined);

/**
 * What finds the result of a decorated method where it is there already: a function of the arguments, with the object as
 * `this`. It may answer a promise; `undefined` says that the method has to run.
 */
export type LockedUnless = (...args: never[]) => unknown;

/** Options of `@Locked`. */
export interface LockedOptions<
  Busy extends OnBusy = OnBusy,
  Signal extends LockedSignal = LockedSignal,
  Returns extends LockedReturns = LockedReturns,
  Mode extends OfCall<LockMode> = OfCall<LockMode>,
  Concurrency extends OfCall<number> = OfCall<number>,
  Weight extends OfCall<number> = OfCall<number>,
  Unless extends LockedUnless = LockedUnless,
> extends Omit<WithLockOptions, 'signal' | keyof ShareOptions> {
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
   * Finds the result where it is there already, so that the method need not run: what the function answers is the result of
   * the call, unless it is `undefined`. It is asked before the lock, and again under it, because the caller before may have
   * made the result meanwhile; a call that finds it before locks nothing. What it throws is thrown, and the method does not run.
   * Only for methods that return a promise. Where that is one of nothing, the function answers `true` or `undefined`.
   *
   * It prevents the mistake of looking before the lock only: each caller that has waited would make the result again.
   * Where the method throws, the next caller runs it. The same by hand is `LockService.singleFlight`.
   * @example
   * ```ts
   * \@Locked('rate:<0>', {
   *   async unless(this: Rates, pair: string) {
   *     return (await this.cache.get(pair)) ?? undefined;
   *   },
   * })
   * async rate(pair: string): Promise<Rate> { … }
   * ```
   */
  unless?: Unless | undefined;
  /**
   * Cancels the wait: the call fails with the signal's reason. A function finds the signal among the arguments, or in the
   * object, which it has as `this`.
   */
  signal?: Signal | undefined;
  /**
   * `'read'`: other readers may have the key at the same time, and no writer. `'write'`: nobody else may have it. Or a
   * function of the arguments that finds one of these.
   * @default 'write'
   * @example
   * ```ts
   * \@Locked('document:<0>', { mode: 'read' })
   * async show(id: string): Promise<Document> { … }
   * ```
   */
  mode?: Mode | undefined;
  /**
   * At most so many at a time in all processes, from 1 to a billion; instead of a `mode`. Or a function of the arguments
   * that finds the number. Calls for one key that name different numbers get the smallest of those that meet.
   * @example
   * ```ts
   * \@Locked('exports:<0.id>', { concurrency: (tenant: Tenant) => tenant.plan.exports })
   * async export(tenant: Tenant): Promise<void> { … }
   * ```
   */
  concurrency?: Concurrency | undefined;
  /**
   * How many of the `concurrency` a call takes up, from 1 to all of them. Or a function of the arguments that finds the
   * number.
   * @default 1
   */
  weight?: Weight | undefined;
  /**
   * What the method returns, where that can't be seen at run time: a function that is neither `async` nor a generator
   * and whose return type is not `Promise` or `Observable` by name.
   */
  returns?: Returns | undefined;
}
