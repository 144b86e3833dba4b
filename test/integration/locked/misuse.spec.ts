/**
 * `@Locked` where nobody checks types (SWC, esbuild, Vitest, Babel): whatever is wrong with its key, its options or its
 * place is one error when the class is defined, and no body ever runs without its lock.
 */
// @ts-nocheck -- these are the calls that the compiler refuses
import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import * as swc from '@swc/core';
import ts from 'typescript';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { start } from '../../support/apps/apps.js';

const body = jest.fn(async () => undefined);
afterEach(() => expect(body).not.toHaveBeenCalled());

/** What defining a class threw. */
function refusal(define: () => unknown): Error & { code: string } {
  try {
    define();
  } catch (error) {
    expect(error.code).toMatch(/^LOCK_(OPTIONS|KEY)$/);
    return error;
  }
  throw new Error('nothing was refused');
}

function byTypeScript(source: string, experimentalDecorators: boolean): string {
  const options = { target: ts.ScriptTarget.ES2022, experimentalDecorators, useDefineForClassFields: false };
  return ts.transpileModule(source, { compilerOptions: options }).outputText;
}

function bySwc(source: string, transform: object): string {
  const parser = { syntax: 'typescript', decorators: true };
  return swc.transformSync(source, { jsc: { target: 'es2022', parser, transform }, isModule: false, swcrc: false })
    .code;
}

const LEGACY = {
  TypeScript: (source) => byTypeScript(source, true),
  SWC: (source) => bySwc(source, { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false }),
  'SWC, which defines fields': (source) => bySwc(source, { legacyDecorator: true, useDefineForClassFields: true }),
};
const STANDARD = {
  TypeScript: (source) => byTypeScript(source, false),
  SWC: (source) => bySwc(source, { decoratorVersion: '2022-03' }),
};

/** What defining a class threw that is given as it is compiled. */
function refused(compiled: string): Error & { code: string } {
  return refusal(() =>
    new Function('Locked', 'body', 'named', `${compiled}\nnew Orders();`)(Locked, body, Symbol('n')),
  );
}

describe.each(Object.entries(LEGACY))('compiled by %s', (_, compile) => {
  it.each([
    ['a method', '@Locked async ship() { body(); }'],
    ['a method with parameters', '@Locked async ship(id) { body(); }'],
    ['an async generator', '@Locked async *ship() { body(); }'],
    ['a static method', '@Locked static async ship() { body(); }'],
    ['a getter', '@Locked get ship() { return body(); }'],
    ['a setter', '@Locked set ship(value) { body(); }'],
    ['a property', '@Locked ship = async () => body();'],
    ['a static property', '@Locked static ship = async () => body();'],
    ['a parameter', 'async ship(@Locked id) { body(); }'],
    ['a parameter of the constructor', 'constructor(@Locked id) {}', 'Orders'],
    ['a method with a symbol for a name', '@Locked async [named]() { body(); }', 'Orders.Symbol(n)'],
  ])('@Locked without parentheses on %s', (_what, member, name = 'Orders.ship') => {
    const { message } = refused(compile(`class Orders { ${member} }`));
    expect(message).toContain(`@Locked on ${name} has no key`);
    expect(message).toContain("@Locked('order:<0>')");
  });

  it.each([
    ['a class', '@Locked class Orders { async ship() { body(); } }'],
    ['an empty class', '@Locked class Orders {}'],
    ['a subclass', 'class Base {} @Locked class Orders extends Base {}'],
  ])('@Locked without parentheses on %s', (_what, source) => {
    expect(refused(compile(source)).message).toContain('@Locked on Orders has no key');
  });

  it.each([
    ['static method', `@Locked('key') static async ship() { body(); }`, /Orders\.ship: .*static/],
    ['static getter', `@Locked('key') static get ship() { return body(); }`, /Orders\.ship: .*static/],
    ['static property', `@Locked('key') static ship = async () => body();`, /Orders\.ship: .*static/],
    ['getter', `@Locked('key') get ship() { return body(); }`, /Orders\.ship: .*getter/],
    ['setter', `@Locked('key') set ship(value) { body(); }`, /Orders\.ship: .*setter/],
    ['property with an arrow function', `@Locked('key') ship = async () => body();`, /Orders\.ship: .*property/],
    ['property without a value', `@Locked('key') ship;`, /Orders\.ship: .*property/],
    ['parameter', `async ship(@Locked('key') id) { body(); }`, /Orders\.ship: .*not a parameter/],
    ['parameter of the constructor', `constructor(@Locked('key') id) {}`, /Orders: .*not a parameter/],
    ['generator', `@Locked('key') *ship() { body(); }`, /Orders\.ship: .*async \*/],
  ])('@Locked on a %s', (_what, member, message) => {
    const error = refused(compile(`class Orders { ${member} }`));
    expect(error.code).toBe('LOCK_OPTIONS');
    expect(error.message).toMatch(message);
  });

  it('@Locked on a class', () => {
    const error = refused(compile(`@Locked('key') class Orders { async ship() { body(); } }`));
    expect(error.message).toMatch(/Orders: it locks a method, not a class/);
  });
});

describe('@Locked as other compilers call it', () => {
  it.each([
    ['TypeScript, a method', [{ constructor: class Orders {} }, 'ship', { value: body }]],
    ['TypeScript, a property', [{ constructor: class Orders {} }, 'ship', undefined]],
    ['esbuild, a property', [{ constructor: class Orders {} }, 'ship']],
    ['Babel, a property', [{ constructor: class Orders {} }, 'ship', { initializer: () => body }]],
    ['a parameter of the constructor', [class Orders {}, undefined, 0]],
    [
      'a class compiled to a function',
      [Object.assign(function Orders() {}, { prototype: { constructor: 0, ship: body } })],
    ],
    ['without a prototype', [Object.create(null), 'ship', { value: body }]],
  ])('as others call it: %s', (_, args) => void refusal(() => Locked(...args)));

  it.each([
    [[]],
    [[undefined]],
    [[null, 'ship', { value: body }]],
    [['Orders', 'ship', { value: body }]],
    [[{}, 'ship', null]],
    [[{}, 'ship', 'method']],
    [[{}, 'ship', {}]],
    [[Object.create(null), 'ship', { value: 5 }]],
    [[{ kind: 'method', key: 'ship', placement: 'prototype', descriptor: { value: body } }]],
  ])('applied to %p', (args) => expect(refusal(() => Locked('key')(...args)).code).toBe('LOCK_OPTIONS'));
});

describe('@Locked as a standard decorator', () => {
  const sources = {
    'with a key': `@Locked('key') async ship() { body(); }`,
    'without parentheses': `@Locked async ship() { body(); }`,
    'on a private method': `@Locked('key') async #ship() { body(); } ship() { return this.#ship(); }`,
    'on a private method, without parentheses': `@Locked async #ship() { body(); } ship() { return this.#ship(); }`,
    'on a static method': `@Locked('key') static async ship() { body(); }`,
    'on a getter': `@Locked('key') get ship() { return body(); }`,
    'on an accessor': `@Locked('key') accessor ship = async () => body();`,
    'on an accessor, without parentheses': `@Locked accessor ship = async () => body();`,
    'on a property': `@Locked('key') ship = async () => body();`,
    'on a property, without parentheses': `@Locked ship = async () => body();`,
  };
  const classes = Object.entries(sources).map(([what, member]) => [what, `class Orders { ${member} }`]);
  classes.push(['on a class', `@Locked('key') class Orders {}`]);
  classes.push(['on a class, without parentheses', `@Locked class Orders {}`]);

  describe.each(Object.entries(STANDARD))('compiled by %s', (_, compile) => {
    it.each(classes)('%s: is refused with the option to set', (_what, source) => {
      const { message, code } = refused(compile(source));
      expect(code).toBe('LOCK_OPTIONS');
      expect(message).toContain('`experimentalDecorators`');
      expect(message).toMatch(source.includes('ship') ? /ship/ : /Orders/);
    });
  });
});

describe('a key that is none', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 42],
    ['a symbol', Symbol('key')],
    ['an object', { key: 'order' }],
    ['options', { ttl: '5s' }],
    ['a promise', Promise.resolve('key')],
    ['an expression', /order/],
    ['an empty string', ''],
    ['an empty list', []],
    ['a list with something else', ['key', 5]],
    ['a malformed template', 'order:<id>'],
  ])('is refused when the decorator is called: %s', (_, key) => {
    expect(refusal(() => Locked(key)).code).toBe('LOCK_KEY');
    expect(refusal(() => Locked(key, { wait: 0 })).code).toBe('LOCK_KEY');
  });

  it('is refused when there is nothing at all', () => void refusal(() => Locked()));
  it('is refused when it is a class', () => void refusal(() => Locked(class Orders {})));
  it('is refused when it is a class of Nest', () => void refusal(() => Locked(LockService, {})));
});

describe('options that are none', () => {
  it.each([[null], [[]], [5], [true], [() => undefined], ['ttl']])(
    'are refused when the decorator is called: %p',
    (options) => {
      expect(refusal(() => Locked('key', options)).code).toBe('LOCK_OPTIONS');
    },
  );

  it.each([
    [{ onbusy: 'skip' }, '"onbusy" is not an option of @Locked. Did you mean `onBusy`?'],
    [{ instanse: 'a' }, 'Did you mean `instance`?'],
    [{ key: 'order' }, '"key" is not an option of @Locked. Its options are'],
    [{ name: 'billing' }, '"name" is not an option of @Locked'],
    [{ connection: 'memory' }, '"connection" is not an option of @Locked'],
    [{ wait: -1 }, '`wait`'],
    [{ onBusy: null }, '`onBusy`'],
    [{ onBusy: 'ignore' }, '`onBusy`'],
    [{ returns: 'stream' }, '`returns`'],
    [{ signal: {} }, '`signal`'],
    [{ instance: 5 }, '`instance`'],
  ])('in part are refused when the decorator is called: %p', (options, shown) => {
    expect(refusal(() => Locked('key', options)).message).toContain(shown);
  });

  it('are refused with the template, which leads to the method', () => {
    expect(refusal(() => Locked('order:<0>', { wait: -1 })).message).toMatch(
      /^@Locked\("order:<0>"\): Invalid option `wait`/,
    );
    expect(refusal(() => Locked(() => 'order', { wait: -1 })).message).toMatch(/^Invalid option `wait`/);
  });

  it('may be undefined', () => void expect(Locked('key', undefined)).toBeInstanceOf(Function));
});

describe('what is unusual, but right', () => {
  const named = Symbol('named');
  const shared = Locked('shared', { wait: 0 });

  @Injectable()
  class Orders {
    constructor(readonly locks: LockService) {}

    @Locked('symbol')
    async [named]() {
      return this.locks.holds('symbol');
    }

    @Locked('outer')
    @Locked('inner:<0>')
    async twice(id) {
      return [this.locks.holds('outer'), this.locks.holds(`inner:${id}`)];
    }

    @shared
    async first() {
      return this.locks.holds('shared');
    }

    @shared
    async second() {
      return this.locks.holds('shared');
    }

    @Locked(function (...ids) {
      return ids;
    })
    async several(...ids) {
      return ids.map((id) => this.locks.holds(id));
    }
  }

  it('is locked: a symbol for a name, twice on a method, one decorator for two methods, an old function for a key', async () => {
    const orders = (await start({ imports: [LockTestingModule.forRoot()], providers: [Orders] })).get(Orders);
    expect(await orders[named]()).toBe(true);
    expect(await orders.twice('1')).toEqual([true, true]);
    expect(await orders.first()).toBe(true);
    expect(await orders.second()).toBe(true);
    expect(await orders.several('a', 'b')).toEqual([true, true]);
  });
});
