/**
 * What the compiler accepts and refuses of `@Locked`: this file is checked by `tsc -p tsconfig.json`, and never run.
 * Whatever must be refused has a `@ts-expect-error`, which is itself an error as soon as the line is accepted; the texts
 * of the refusals are compared below with `Same`.
 */
/* oxlint-disable no-unused-vars -- the parameters are there for their types */
import { applyDecorators } from '@nestjs/common';
import { BehaviorSubject, EMPTY, Observable, of, type Subscribable } from 'rxjs';

import { formatKey } from '../../lib/locked/key-template.js';
import type { KeyProblem, KeySpec } from '../../lib/locked/key-template.types.js';
import { Locked } from '../../lib/locked/locked.decorator.js';
import type { LockedOptions } from '../../lib/locked/locked.options.js';

type OrderId = string & { readonly brand: 'OrderId' };
enum Region {
  North = 'n',
  South = 's',
}
enum Level {
  Low,
  High,
}
interface Account {
  readonly id: string;
  readonly owner: { readonly name: string; readonly address?: { readonly city: string } };
  readonly age: number | null;
  readonly nick?: string;
  readonly tags: readonly string[];
  readonly createdAt: Date;
}
interface Anything {
  readonly loose: any;
  readonly sealed: unknown;
  readonly byName: Record<string, number>;
  readonly pair: readonly [string, Account];
  7: string;
}
declare class Vault {
  id: string;
  private secret: string;
  protected half: string;
  open(): void;
}
declare const text: string;
declare const texts: string[];
declare const spec: KeySpec;
declare const prefix: 'order' | 'invoice';

export class AcceptedKeys {
  @Locked('nightly-report') async noPlaceholder() {}
  @Locked('order:<0>') async ofString(id: string) {}
  @Locked('order:<0>') async ofNumber(id: number) {}
  @Locked('order:<0>') async ofBigint(id: bigint) {}
  @Locked('order:<0>') async ofBoolean(on: boolean) {}
  @Locked('order:<0>') async ofBrand(id: OrderId) {}
  @Locked('order:<0>:<1>') async ofEnums(region: Region, level: Level) {}
  @Locked('order:<0>:<1>') async ofLiterals(side: 'buy' | 'sell', size: 1 | 2n | true) {}
  @Locked('order:<0>') async ofPattern(id: `o-${number}`) {}
  @Locked('order:<0>') async ofAny(id: any) {}
  @Locked('order:<0.whatever.it.is>') async throughAny(id: any) {}
  @Locked('order:<0.loose.deep>') async throughAnyProperty(it: Anything) {}
  @Locked('account:<0.id>:<0.owner.name>') async ofProperties(account: Account) {}
  @Locked('account:<1.id>') async ofLaterParameter(_: unknown, account: Account) {}
  @Locked('account:<0.id>') async ofClass(vault: Vault) {}
  @Locked('account:<0.tags.0>') async ofElement(account: Account) {}
  @Locked('account:<0.0>') async ofArray(ids: readonly string[]) {}
  @Locked('account:<0.0>:<0.1.id>') async ofTuple(pair: readonly [string, Account]) {}
  @Locked('account:<0.1>') async ofOpenTuple(list: [string, ...number[]]) {}
  @Locked('account:<0.length>:<1.length>') async ofLength(ids: readonly string[], name: string) {}
  @Locked('account:<0.byName.anybody>') async ofIndexSignature(it: Anything) {}
  @Locked('account:<0.7>') async ofNumericProperty(it: Anything) {}
  @Locked('account:<0>') async ofRest(...ids: string[]) {}
  @Locked('account:<0>:<3>') async ofRestAfter(id: string, ...sizes: number[]) {}
  @Locked('account:<0>') async beforeOptional(id: string, note?: string, retries = 3) {}
  @Locked('account:<0.id>') async ofUnion(it: Account | Vault) {}
  @Locked('account:<0.id>') async ofIntersection(it: { id: string } & { name: string }) {}
  @Locked('account:<0.id>') async ofTypeParameter<T extends Account>(it: T): Promise<T> {
    return it;
  }
  @Locked('account:<0>') async ofKeyParameter<K extends keyof Account>(name: K): Promise<Account[K] | undefined> {
    return undefined;
  }
  @Locked('a<<b>:<0>:<1>') async escaped(a: string, b: string) {}
  @Locked('<0>%:<1>') async percentAndColon(a: string, b: string) {}
  @Locked('<0>é<1>') async unicodeSeparator(a: string, b: string) {}
  @Locked('<0>') async nothingElse(a: string) {}
  @Locked(['account:<0.id>', 'account:<1.id>']) async several(from: Account, to: Account) {}
  @Locked(text) async uncheckedText(id: { any: 'thing' }) {}
  @Locked(texts) async uncheckedTexts(id: { any: 'thing' }) {}
  @Locked(spec) async uncheckedSpec(id: { any: 'thing' }) {}
  @Locked(`${prefix}:<0>`) async composed(id: string) {}
  @Locked(`${text}:<0>`) async composedOfUnknown(id: string) {}
  @Locked(() => 'constant') async functionOfNothing(id: string) {}
  @Locked((account: Account) => account.id) async functionOfFirst(account: Account, note: string) {}
  @Locked((from: Account, to: Account) => [from.id, to.id]) async functionOfBoth(from: Account, to: Account) {}
  @Locked((it: { readonly id: string }) => it.id) async functionOfLess(account: Account) {}
  @Locked((...ids: string[]) => ids) async functionOfRest(...ids: string[]) {}
  @Locked((id?: string) => id ?? 'none') async functionOfOptional(id?: string) {}
  @Locked((id: string) => id as OrderId) async functionToBrand(id: string) {}
  @Locked(function (this: AcceptedKeys, id: string) {
    return `${this.tenant}:${id}`;
  })
  async functionWithThis(id: string) {}
  @Locked(function (this: { readonly tenant: string }, id: string) {
    return [this.tenant, id];
  })
  async functionWithPartOfThis(id: string) {}
  readonly tenant: string = 'here';
  @Locked('account:<0>') private async hidden(id: string) {}
  @Locked('account:<0>') protected async half(id: string) {}
  @Locked('account:<0>') async bound(this: AcceptedKeys, id: string) {}
  @Locked('account:<0>') async ['with a name'](id: string) {}
  overloaded(id: string): Promise<string>;
  overloaded(id: number): Promise<number>;
  @Locked('account:<0>') async overloaded(id: string | number): Promise<string | number> {
    return id;
  }
  @(Locked('account:<0>') as MethodDecorator) async cast(id: string) {}
  @applyDecorators(Locked('account:<0>') as MethodDecorator) async applied(id: string) {}
}

/** Type parameters of the class are what conditional types cannot look into. */
export abstract class AcceptedInGenericClass<T extends { id: string; nested: { at: number } }, Id extends string> {
  @Locked('entity:<0>') async byId(id: Id, patch: Partial<T>): Promise<T | undefined> {
    return undefined;
  }
  @Locked('entity:<0.id>:<0.nested.at>') async save(entity: T): Promise<T> {
    return entity;
  }
  @Locked('entity:<1.id>') async saveSecond(_: number, entity: T): Promise<T> {
    return entity;
  }
  @Locked((entity: { id: string }) => entity.id) async keyed(entity: T): Promise<T> {
    return entity;
  }
  @Locked('entity:<0.id>', { onBusy: 'skip' }) async skipped(entity: T): Promise<T | undefined> {
    return entity;
  }
  @Locked('entity:<0>') stream(id: Id): Observable<T> {
    return EMPTY;
  }
  // @ts-expect-error T has no such property
  @Locked('entity:<0.idd>')
  async misspelt(entity: T) {}
  // @ts-expect-error T is an object
  @Locked('entity:<0>')
  async object(entity: T) {}
  // @ts-expect-error T has no such property
  @Locked((entity: { idd: string }) => entity.idd)
  async misspeltInFunction(entity: T) {}
  // @ts-expect-error T need not admit undefined
  @Locked('entity:<0.id>', { onBusy: 'skip' })
  async skippedWithout(entity: T): Promise<T> {
    return entity;
  }
}

export class RefusedKeys {
  // @ts-expect-error misspelt
  @Locked('account:<0.idd>')
  async misspelt(account: Account) {}
  // @ts-expect-error misspelt, deeper
  @Locked('account:<0.owner.nam>')
  async misspeltDeeper(account: Account) {}
  // @ts-expect-error only the second is wrong
  @Locked('account:<0.id>:<0.idd>')
  async secondMisspelt(account: Account) {}
  // @ts-expect-error no property of a string
  @Locked('account:<0.id>')
  async propertyOfText(id: string) {}
  // @ts-expect-error an object
  @Locked('account:<0>')
  async object(account: Account) {}
  // @ts-expect-error an object, deeper
  @Locked('account:<0.owner>')
  async objectDeeper(account: Account) {}
  // @ts-expect-error a date
  @Locked('account:<0.createdAt>')
  async date(account: Account) {}
  // @ts-expect-error a list
  @Locked('account:<0.tags>')
  async list(account: Account) {}
  // @ts-expect-error a method
  @Locked('account:<0.open>')
  async method(vault: Vault) {}
  // @ts-expect-error a symbol
  @Locked('account:<0>')
  async symbol(id: symbol) {}
  // @ts-expect-error maybe an object
  @Locked('account:<0>')
  async maybeObject(id: string | Account) {}
  // @ts-expect-error private
  @Locked('account:<0.secret>')
  async privateProperty(vault: Vault) {}
  // @ts-expect-error protected
  @Locked('account:<0.half>')
  async protectedProperty(vault: Vault) {}
  // @ts-expect-error beyond the last parameter
  @Locked('account:<1>')
  async beyond(id: string) {}
  // @ts-expect-error no parameter at all
  @Locked('account:<0>')
  async beyondNone() {}
  // @ts-expect-error beyond the tuple
  @Locked('account:<0.2>')
  async beyondTuple(pair: [string, string]) {}
  // @ts-expect-error optional
  @Locked('account:<0>')
  async optional(id?: string) {}
  // @ts-expect-error a default applies after the key is computed
  @Locked('account:<0>')
  async defaulted(id = 'x') {}
  // @ts-expect-error undefined
  @Locked('account:<0>')
  async undefinable(id: string | undefined) {}
  // @ts-expect-error null
  @Locked('account:<0>')
  async nullable(id: string | null) {}
  // @ts-expect-error null, deeper
  @Locked('account:<0.age>')
  async nullableDeeper(account: Account) {}
  // @ts-expect-error an optional property
  @Locked('account:<0.nick>')
  async optionalProperty(account: Account) {}
  // @ts-expect-error through an optional property
  @Locked('account:<0.owner.address.city>')
  async throughOptional(account: Account) {}
  // @ts-expect-error through an optional parameter
  @Locked('account:<0.id>')
  async throughOptionalParameter(account?: Account) {}
  // @ts-expect-error unknown
  @Locked('account:<0>')
  async ofUnknown(id: unknown) {}
  // @ts-expect-error through unknown
  @Locked('account:<0.sealed.id>')
  async throughUnknown(it: Anything) {}
  // @ts-expect-error an unconstrained type parameter
  @Locked('account:<0>')
  async ofTypeParameter<T>(id: T) {}
  // @ts-expect-error only one of the two has it
  @Locked('account:<0.tags.length>')
  async ofUnion(it: Account | Vault) {}
  // @ts-expect-error the second template is wrong
  @Locked(['account:<0.id>', 'account:<1.idd>'])
  async several(from: Account, to: Account) {}
  // @ts-expect-error one of the two is wrong
  @Locked(`${prefix}:<0.idd>`)
  async composed(account: Account) {}
  // @ts-expect-error checked as far as it is known
  @Locked(`${text}:<0.idd>`)
  async composedOfUnknown(account: Account) {}
}

export class RefusedTemplates {
  // @ts-expect-error empty
  @Locked('')
  async empty(id: string) {}
  // @ts-expect-error an empty list
  @Locked([])
  async emptyList(id: string) {}
  // @ts-expect-error an empty one in a list
  @Locked(['order:<0>', ''])
  async emptyInList(id: string) {}
  // @ts-expect-error not closed
  @Locked('order:<0')
  async unclosed(id: string) {}
  // @ts-expect-error nothing inside
  @Locked('order:<>')
  async nothingInside(id: string) {}
  // @ts-expect-error a name instead of a position
  @Locked('order:<id>')
  async named(id: string) {}
  // @ts-expect-error a name instead of a position, with a property
  @Locked('order:<order.id>')
  async namedWithProperty(order: Account) {}
  // @ts-expect-error a negative position
  @Locked('order:<-1>')
  async negative(id: string) {}
  // @ts-expect-error a position with a leading zero
  @Locked('order:<00>')
  async leadingZero(id: string) {}
  // @ts-expect-error a fraction
  @Locked('order:<1e0>')
  async exponent(_: string, id: string) {}
  // @ts-expect-error an empty property
  @Locked('order:<0.>')
  async emptyProperty(order: Account) {}
  // @ts-expect-error nothing between them
  @Locked('<0><1>')
  async adjacent(a: string, b: string) {}
  // @ts-expect-error only letters and digits between them
  @Locked('<0>and2<1>')
  async lettersBetween(a: string, b: string) {}
  // @ts-expect-error only the escape character between them
  @Locked('<0>%<1>')
  async percentBetween(a: string, b: string) {}
}

/** Placeholders of other packages. */
export class RefusedForeignTemplates {
  // @ts-expect-error of .NET
  @Locked('order:{0}')
  async position(id: string) {}
  // @ts-expect-error of Python
  @Locked('order:{}')
  async nothing(id: string) {}
  // @ts-expect-error a name
  @Locked('order:{id}')
  async named(id: string) {}
  // @ts-expect-error a path
  @Locked('order:{ order.id }')
  async path(id: string) {}
  // @ts-expect-error not in a template string
  @Locked('order:${id}')
  async dollar(id: string) {}
  // @ts-expect-error of Spring
  @Locked('order:#{#id}')
  async hash(id: string) {}
  // @ts-expect-error of mustache
  @Locked('order:{{id}}')
  async mustache(id: string) {}
  // @ts-expect-error beside one of ours
  @Locked('order:<0>:{1}')
  async beside(id: string, other: string) {}
  // @ts-expect-error before one of ours
  @Locked('order:{1}:<0>')
  async before(id: string, other: string) {}
  // @ts-expect-error after punctuation in braces
  @Locked('{|}order:{1}')
  async second(id: string, other: string) {}
  // @ts-expect-error after text that is not known
  @Locked(`${text}:{id}`)
  async composed(id: string) {}
  // @ts-expect-error of printf
  @Locked('order:%s:x')
  async formatted(id: string) {}
  // @ts-expect-error of SQL
  @Locked('order:$1')
  async numbered(id: string) {}
  // @ts-expect-error of Spring
  @Locked('order:#id')
  async spring(id: string) {}
  // @ts-expect-error of shells
  @Locked('order:$id')
  async shell(id: string) {}
  // @ts-expect-error of routes
  @Locked('/orders/:id')
  async route(id: string) {}
  // @ts-expect-error in a list
  @Locked(['order:<0>', 'order:{id}'])
  async list(id: string) {}
}

export class AcceptedPunctuation {
  @Locked('order:id') async colon() {}
  @Locked('{<0>}:order') async hashTag(id: string) {}
  @Locked('{order:<0>}') async wholeHashTag(id: string) {}
  @Locked('{|}:<0>:{') async punctuation(id: string) {}
  @Locked('}order{<0>') async reversed(id: string) {}
  @Locked('issue#12') async hash() {}
  @Locked('order#<0>') async hashBefore(id: string) {}
  @Locked('room:#general:<0>') async channel(id: string) {}
  @Locked('US$:<0>') async dollar(id: string) {}
  @Locked('100%:<0>%3A') async percent(id: string) {}
  @Locked('%disk:<0>') async percentInWord(id: string) {}
  @Locked(`{${text}}:<0>`) async unknownInBraces(id: string) {}
}

export class RefusedFunctions {
  // @ts-expect-error another type
  @Locked((id: number) => `order:${id}`)
  async otherType(id: string) {}
  // @ts-expect-error more parameters than the method
  @Locked((id: string, note: string) => `order:${id}:${note}`)
  async tooMany(id: string) {}
  // @ts-expect-error the argument may be missing
  @Locked((id: string) => `order:${id}`)
  async optional(id?: string) {}
  // @ts-expect-error a rest of another type
  @Locked((...ids: string[]) => ids)
  async otherRest(...ids: number[]) {}
  // @ts-expect-error without types nothing is known about the arguments
  @Locked((id) => `order:${id}`)
  async untyped(id: string) {}
  // @ts-expect-error a promise
  @Locked(async (id: string) => `order:${id}`)
  async promised(id: string) {}
  // @ts-expect-error a number
  @Locked((id: number) => id)
  async numeric(id: number) {}
  // @ts-expect-error maybe nothing
  @Locked((id: string) => (id ? id : undefined))
  async maybeNothing(id: string) {}
  // @ts-expect-error numbers
  @Locked((id: number) => [id])
  async numericList(id: number) {}
}

export class RefusedThis {
  // @ts-expect-error of another class
  @Locked(function (this: Account, id: string) {
    return `${this.id}:${id}`;
  })
  async key(id: string) {}
  // @ts-expect-error of another class
  @Locked('k', { wait: 0, onBusy(this: Account) {} })
  async busy() {}
  // @ts-expect-error of another class
  @Locked('k', {
    signal(this: Account) {
      return undefined;
    },
  })
  async signal() {}
}

/** Stands for lazy queries of an ORM: more than a promise. */
interface Query<T> extends Promise<T> {
  where(filter: string): Query<T>;
}

export class AcceptedMethods {
  @Locked('k') async promise() {}
  @Locked('k') plainPromise(): Promise<string> {
    return Promise.resolve('');
  }
  @Locked('k') promiseLike(): PromiseLike<string> {
    return Promise.resolve('');
  }
  @Locked('k') eitherPromise(): Promise<string> | Promise<number> {
    return Promise.resolve('');
  }
  @Locked('k') observable(): Observable<string> {
    return of('');
  }
  @Locked('k') inferredObservable() {
    return of('');
  }
  @Locked('k') async *generator() {
    yield 1;
  }
  @Locked('k') async *asyncGenerator(): AsyncGenerator<number, string, boolean> {
    yield 1;
    return '';
  }
  @Locked('k') async *iterableIterator(): AsyncIterableIterator<number> {
    yield 1;
  }
  @Locked('k') async *iterable(): AsyncIterable<number> {
    yield 1;
  }
  @Locked('k') any(): any {}
  @Locked('k') generic<T>(it: T): Promise<T> {
    return Promise.resolve(it);
  }
}

export class RefusedMethods {
  // @ts-expect-error sync
  @Locked('k')
  nothing() {}
  // @ts-expect-error sync
  @Locked('k')
  value(): string {
    return '';
  }
  // @ts-expect-error sync
  @Locked('k')
  unknown(): unknown {
    return '';
  }
  // @ts-expect-error sync
  @Locked('k')
  throws(): never {
    throw new Error();
  }
  // @ts-expect-error sometimes sync
  @Locked('k')
  sometimes(): string | Promise<string> {
    return '';
  }
  // @ts-expect-error sometimes a promise, sometimes an Observable
  @Locked('k')
  mixed(): Observable<string> | Promise<string> {
    return of('');
  }
  // @ts-expect-error a sync generator
  @Locked('k')
  *generator() {
    yield 1;
  }
  // @ts-expect-error more than a promise
  @Locked('k')
  query(): Query<string> {
    return Promise.resolve('') as Query<string>;
  }
  // @ts-expect-error more than an Observable
  @Locked('k')
  subject(): BehaviorSubject<string> {
    return new BehaviorSubject('');
  }
  // @ts-expect-error static
  @Locked('k')
  static async ofClass() {}
  // @ts-expect-error a property
  @Locked('k')
  property = async () => {};
  // @ts-expect-error an accessor
  @Locked('k')
  get accessor(): string {
    return '';
  }
}

// @ts-expect-error a class
@Locked('k')
export class RefusedClass {}

const shared: LockedOptions = { ttl: '5s', onBusy: 'skip' };

export class AcceptedOptions {
  @Locked('k:<0>', { ttl: '5s', wait: 0, autoRenew: false, maxHold: '1m', reentrant: false, onLost: 'ignore' })
  async all(id: string) {}
  @Locked('k:<0>', { instance: 'billing', onBusy: 'throw' }) async named(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', shared) async fromVariable(id: string) {}
  @Locked('k:<0>', { onBusy: undefined, signal: undefined }) async undefinedOptions(id: string) {}
  @Locked('k:<0>', { onBusy: 'skip' }) async skipVoid(id: string) {}
  @Locked('k:<0>', { onBusy: 'skip' }) async skipUndefined(id: string): Promise<string | undefined> {
    return undefined;
  }
  @Locked('k:<0>', { onBusy: 'skip' }) async skipUnknown(id: string): Promise<unknown> {
    return undefined;
  }
  @Locked('k:<0>', { onBusy: 'skip' }) skipObservable(id: string): Observable<string> {
    return of(id);
  }
  @Locked('k:<0>', { onBusy: 'skip' }) async *skipGenerator(id: string) {
    yield id;
  }
  @Locked('k:<0>', { onBusy: (error, id: string) => `${error.code}:${error.key}:${id}` })
  async value(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', { onBusy: async (error, id: string) => id }) async promised(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', { onBusy: () => 'cached' }) async fewer(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', {
    onBusy: (error) => {
      throw error;
    },
  })
  async thrown(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', {
    onBusy(this: AcceptedOptions, error, id: string) {
      return this.value(id);
    },
  })
  async withThis(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', { onBusy: (error, id: string) => of(id) }) observable(id: string): Observable<string> {
    return of(id);
  }
  @Locked('k:<0>', { onBusy: (error, id: string) => of(id) }) subscribable(id: string): Subscribable<string> {
    return of(id);
  }
  @Locked('k:<0>', { onBusy: (error, id: string) => id }) observableOfValue(id: string): Observable<string> {
    return of(id);
  }
  @Locked('k:<0>', {
    onBusy: async function* (error, id: string) {
      yield id;
    },
  })
  async *generator(id: string) {
    yield id;
  }
  @Locked('k:<0>', { signal: AbortSignal.timeout(1) }) async signal(id: string) {}
  @Locked('k:<0>', { signal: (id: string, stop: AbortSignal) => stop }) async signalOf(id: string, stop: AbortSignal) {}
  @Locked('k:<0>', { signal: (id: string, stop?: AbortSignal) => stop }) async maybe(id: string, stop?: AbortSignal) {}
  @Locked('k:<0>', {
    signal(this: AcceptedOptions, id: string) {
      return this.stop.signal;
    },
  })
  async signalOfThis(id: string) {}
  readonly stop = new AbortController();
  @Locked('k', { returns: 'observable' }) stream(): Observable<string> {
    return of('');
  }
  @Locked('k', { returns: 'asyncGenerator' }) loose(): any {}
}

export class RefusedOptions {
  // @ts-expect-error misspelt
  @Locked('k', { ttl: '5s', wiat: 0 })
  async misspelt() {}
  // @ts-expect-error not a duration
  @Locked('k', { ttl: '5 parsecs' })
  async duration() {}
  // @ts-expect-error not a way
  @Locked('k', { onBusy: 'wait' })
  async way() {}
  // @ts-expect-error the caller expects a string
  @Locked('k', { onBusy: 'skip' })
  async skip(): Promise<string> {
    return '';
  }
  // @ts-expect-error null is not undefined
  @Locked('k', { onBusy: 'skip' })
  async skipNull(): Promise<string | null> {
    return '';
  }
  // @ts-expect-error the generator returns a string
  @Locked('k', { onBusy: 'skip' })
  async *skipGenerator(): AsyncGenerator<number, string> {
    yield 1;
    return '';
  }
  // @ts-expect-error another parameter
  @Locked('k', { onBusy: (error, id: number) => String(id) })
  async parameter(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error one parameter more
  @Locked('k', { onBusy: (error, id: string, more: string) => id + more })
  async tooMany(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error another error
  @Locked('k', { onBusy: (error: RangeError & { mine: true }) => error.message })
  async error(): Promise<string> {
    return '';
  }
  // @ts-expect-error another result
  @Locked('k', { onBusy: () => 1 })
  async result(): Promise<string> {
    return '';
  }
  // @ts-expect-error another result, promised
  @Locked('k', { onBusy: async () => 1 })
  async promisedResult(): Promise<string> {
    return '';
  }
  // @ts-expect-error another stream
  @Locked('k', { onBusy: () => of(1) })
  observable(): Observable<string> {
    return of('');
  }
  // @ts-expect-error another stream
  @Locked('k', { onBusy: () => of(1) })
  subscribable(): Subscribable<string> {
    return of('');
  }
  // @ts-expect-error a promise instead of a stream
  @Locked('k', { onBusy: async () => '' })
  observableOfPromise(): Observable<string> {
    return of('');
  }
  // @ts-expect-error a value instead of a generator
  @Locked('k', { onBusy: () => 1 })
  async *generator() {
    yield 1;
  }
  // @ts-expect-error not a signal
  @Locked('k', { signal: 'stop' })
  async signal() {}
  // @ts-expect-error another parameter
  @Locked('k', { signal: (stop: AbortSignal) => stop })
  async signalOf(stop: string) {}
  // @ts-expect-error not a signal
  @Locked('k', { signal: (stop: string) => stop })
  async signalOfText(stop: string) {}
  // @ts-expect-error a promise
  @Locked('k', { returns: 'observable' })
  async contradiction() {}
  // @ts-expect-error the key and the options are judged together
  @Locked('k:<1>', { onBusy: 'throw' })
  async both(id: string) {}
}

type Same<Actual, Expected> =
  (<T>() => T extends Actual ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2 ? true : false;
declare function check<Holds extends true>(): Holds;

/** The text that the compiler prints names the placeholder. */
export function refusals(): void {
  check<Same<KeyProblem<'a:<0.id>', [Account]>, never>>();
  check<Same<KeyProblem<'a:<0.idd>', [Account]>, '<0.idd> names a property that does not exist'>>();
  check<Same<KeyProblem<'a:<1.id>', [Account]>, '<1.id> is beyond the last parameter'>>();
  check<
    Same<
      KeyProblem<'a:<0.owner>', [Account]>,
      '<0.owner> is not a string, number, bigint or boolean: name one of its properties, as in <0.owner.id>'
    >
  >();
  check<
    Same<KeyProblem<'a:<0.nick>', [Account]>, '<0.nick> may be undefined or null: require it, or use a key function'>
  >();
  check<Same<KeyProblem<'a:<0>', [unknown]>, '<0> leads through a value of type unknown'>>();
  check<
    Same<KeyProblem<'a:<id>', [Account]>, '<id> must start with the position of a parameter, as in <0> or <0.id>'>
  >();
  check<
    Same<KeyProblem<'a:<00>', string[]>, '<00> must start with the position of a parameter, as in <0> or <0.00>'>
  >();
  check<
    Same<KeyProblem<'a:<0x1>', string[]>, '<0x1> must start with the position of a parameter, as in <0> or <0.0x1>'>
  >();
  check<Same<KeyProblem<'a:<0', [string]>, 'a "<" is not closed: write "<<" for a "<" that belongs to the key'>>();
  check<
    Same<
      KeyProblem<'a:{0}', [string]>,
      '{0} is no placeholder here and would stand in every key: write <0>, or use a key function'
    >
  >();
  check<
    Same<
      KeyProblem<'a:${id}', [string]>,
      '{id} is no placeholder here and would stand in every key: write <0> or <0.id>, or use a key function'
    >
  >();
  check<
    Same<
      KeyProblem<['a:<0.idd>', 'a:<2>'], [Account]>,
      '<0.idd> names a property that does not exist' | '<2> is beyond the last parameter'
    >
  >();
}

export function formatted(account: Account, anything: any, list: string[]): void {
  formatKey('nightly-report');
  formatKey('order:<0>', 'x');
  formatKey('order:<0>:<1.id>', 1n, account);
  formatKey('order:<0.x>', anything);
  formatKey('order:<0.0>', list);
  formatKey(text, {}, null);
  // @ts-expect-error no such property
  formatKey('order:<0.idd>', account);
  // @ts-expect-error an object
  formatKey('order:<0>', account);
  // @ts-expect-error no such argument
  formatKey('order:<0>');
  // @ts-expect-error maybe undefined
  formatKey('order:<0.nick>', account);
  // @ts-expect-error malformed
  formatKey('order:<id>', account);
  // @ts-expect-error of another package
  formatKey('order:{0}', account);
  // @ts-expect-error a function
  formatKey(() => 'order', account);
}
