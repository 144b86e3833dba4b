/** Key templates at run time: what is refused at decoration, what at a call, and that escaping never merges two keys. */
import { describe, expect, it } from '@jest/globals';

import { LockKeyError } from '../../../lib/lock.errors.js';
import { compileKey, formatKey } from '../../../lib/locked/key-template.js';
import { Locked } from '../../../lib/locked/locked.decorator.js';
import type { KeySpec } from '../../../lib/locked/key-template.types.js';
import { Random } from '../../support/random.js';

const METHOD = 'Orders.ship';
const compile = (spec: KeySpec): ((args: readonly unknown[]) => readonly string[]) =>
  compileKey(spec, METHOD) as (args: readonly unknown[]) => readonly string[];
const keysOf = (spec: KeySpec, ...args: unknown[]): readonly string[] => compile(spec)(args);
const keyOf = (template: string, ...args: unknown[]): string => keysOf(template, ...args)[0]!;

/** The `LockKeyError` that `run` throws. */
function refusal(run: () => unknown): LockKeyError {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    expect(error).toBeInstanceOf(LockKeyError);
    return error as LockKeyError;
  }
  throw new Error(`expected a LockKeyError, got ${JSON.stringify(result)}`);
}

describe('a template', () => {
  it.each<[template: string, args: unknown[], key: string]>([
    ['nightly-report', [], 'nightly-report'],
    ['order:<0>', ['42'], 'order:42'],
    ['order:<0>', [42], 'order:42'],
    ['order:<0>', [-0], 'order:0'],
    ['order:<0>', [-1.5], 'order:-1.5'],
    ['order:<0>', [1e21], 'order:1e+21'],
    ['order:<0>', [10n ** 20n], 'order:100000000000000000000'],
    ['order:<0>', [false], 'order:false'],
    ['order:<0>', [' '], 'order: '],
    ['order:<1>', ['a', 'b'], 'order:b'],
    ['order:<10>', [...'abcdefghijk'], 'order:k'],
    ['<0>', ['a'], 'a'],
    ['<1>/<0>', ['a', 'b'], 'b/a'],
    ['<0>:<0>', ['a'], 'a:a'],
    ['order:<0>:ship', ['a'], 'order:a:ship'],
    ['order:<0.id>', [{ id: 7 }], 'order:7'],
    ['order:<0.user.address.zip>', [{ user: { address: { zip: 'z' } } }], 'order:z'],
    ['order:<0.0.id>', [[{ id: 'x' }]], 'order:x'],
    ['order:<0.length>', ['four'], 'order:4'],
    ['order:<0.größe>', [{ größe: 5 }], 'order:5'],
    ['a<<b>:<0>', ['c'], 'a<b>:c'],
    ['<<<0>', ['c'], '<c'],
    ['<<0>', ['c'], '<0>'],
    ['<0>>', ['c'], 'c>'],
    ['<0><<<1>', ['a', 'b'], 'a<b'],
  ])('%j of %j is %j', (template, args, key) => {
    expect(keysOf(template, ...args)).toEqual([key]);
  });

  it('reads inherited data and getters', () => {
    class Base {
      get id(): string {
        return 'inherited';
      }
    }
    class Order extends Base {}
    expect(keyOf('order:<0.id>', new Order())).toBe('order:inherited');
  });

  it('is parsed once and can be used again', () => {
    const keys = compileKey('order:<0>', METHOD);
    expect([keys(['a:b']), keys(['c']), keys(['a:b'])]).toEqual([['order:a%3Ab'], ['order:c'], ['order:a%3Ab']]);
  });

  it.each<[template: string, names: string]>([
    ['', 'empty key template'],
    ['order:<0', 'no ">" closes'],
    ['order:<', 'no ">" closes'],
    ['<0>:<', 'no ">" closes'],
    ['order:<>', '<>'],
    ['order:<id>', '<id>'],
    ['order:<order.id>', '<order.id>'],
    ['order:<-1>', '<-1>'],
    ['order:<00>', '<00>'],
    ['order:<1e0>', '<1e0>'],
    ['order:< 0>', '< 0>'],
    ['order:<0.>', '<0.>'],
    ['order:<.id>', '<.id>'],
    ['order:<0..id>', '<0..id>'],
    ['order:<0. id>', '<0. id>'],
    ['order:<0<1>', '<0<1>'],
    ['order:<0[1]>', '<0[1]>'],
    ['<0><1>', 'separates <0> from <1>'],
    ['<0>and2<1.id>', 'separates <0> from <1.id>'],
    ['<0>%<1>', 'separates <0> from <1>'],
    ['<0>:<1><2>', 'separates <1> from <2>'],
    ['order\ud800:<0>', 'not well-formed Unicode'],
  ])('%j is refused at decoration', (template, names) => {
    const { message, key } = refusal(() => compileKey(template, METHOD));
    expect(message).toContain(METHOD);
    expect(message).toContain(names);
    expect(key).toBeUndefined();
  });

  it.each<[spec: unknown]>([[null], [42], [{}], [['order:<0>', 7]], [[undefined]]])(
    'what is none is refused at decoration: %j',
    (spec) => {
      expect(refusal(() => compileKey(spec as KeySpec, METHOD)).message).toMatch(
        /^Orders\.ship: .* cannot name a lock/,
      );
    },
  );
});

it('a key that was left out is refused, and shown', () => {
  expect(() => Locked(undefined as never)).toThrow("@Locked has no key: write @Locked('order:<0>').");
});

describe('a placeholder of another package', () => {
  it.each<[template: string, foreign: string, own: string]>([
    ['order:{0}', '{0}', '<0>'],
    ['order:{1}', '{1}', '<1>'],
    ['order:{0.id}', '{0.id}', '<0.id>'],
    ['order:{ 1 }', '{ 1 }', '<1>'],
    ['order:{}', '{}', '<0>'],
    ['order:{ }', '{ }', '<0>'],
    ['order:{id}', '{id}', '<0.id>'],
    ['order:{order.id}', '{order.id}', '<0.id>'],
    ['order:{args[0].id}', '{args[0].id}', '<0.id>'],
    ['order:{größe}', '{größe}', '<0.id>'],
    ['order:{编号}', '{编号}', '<0.id>'],
    ['order:${id}', '${id}', '<0.id>'],
    ['order:${0}', '${0}', '<0>'],
    ['order:${args[0]}', '${args[0]}', '<0.id>'],
    ['order:#{id}', '#{id}', '<0.id>'],
    ['order:#{#id}', '#{#id}', '<0.id>'],
    ['order:{{id}}', '{{id}}', '<0.id>'],
    ['order:{{ order.id }}', '{{ order.id }}', '<0.id>'],
    ['{tenant}:order:<0>', '{tenant}', '<0.id>'],
    ['order:<0>:{1}', '{1}', '<1>'],
    ['order:{1}:<0>', '{1}', '<1>'],
    ['{|}:{id}', '{id}', '<0.id>'],
    ['order:%s', '%s', '<0.id>'],
    ['order:%d:<0>', '%d', '<0.id>'],
    ['order:%(id)s', '%(id)s', '<0.id>'],
    ['order:%1$s', '%1$s', '<0.id>'],
    ['order:$1', '$1', '<0.id>'],
    ['order:$0:<1>', '$0', '<0.id>'],
    ['#id', '#id', '<0.id>'],
    ['order:#id', '#id', '<0.id>'],
    ['order:#p0', '#p0', '<0.id>'],
    ['order:$id', '$id', '<0.id>'],
    ['/orders/:id', ':id', '<0.id>'],
  ])('%j is refused at decoration, with the spelling here', (template, foreign, own) => {
    for (const spec of [template, ['ours:<0>', template]]) {
      const { message } = refusal(() => compileKey(spec, METHOD));
      expect(message).toContain(
        `${METHOD}: ${JSON.stringify(foreign)} in the key template ${JSON.stringify(template)}`,
      );
      expect(message).toContain(own);
      expect(message).toContain('a function');
    }
    expect(refusal(() => formatKey(template as 'x', 'a', 'b')).message).toContain(own);
  });

  it.each<[template: string, args: unknown[], key: string]>([
    ['order:id', [], 'order:id'],
    ['urn:isbn:<0>', ['1'], 'urn:isbn:1'],
    ['{<0>}:order', ['a'], '{a}:order'],
    ['{order:<0>}', ['a'], '{order:a}'],
    ['{|}:<0>:{', ['a'], '{|}:a:{'],
    ['}order{<0>', ['a'], '}order{a'],
    ['issue#12', [], 'issue#12'],
    ['order#<0>', ['a'], 'order#a'],
    ['room:#general:<0>', ['a'], 'room:#general:a'],
    ['US$:<0>', ['a'], 'US$:a'],
    ['100%:<0>%3A', ['a'], '100%:a%3A'],
    ['%disk:<0>', ['a'], '%disk:a'],
    ['https://host:80/a', [], 'https://host:80/a'],
  ])('is not taken for one: %j', (template, args, key) => {
    expect(keysOf(template, ...args)).toEqual([key]);
  });

  it('may stand in what a key function returns', () => {
    expect(keysOf((id: string) => `{tenant}:\${x}:${id}`, 'a')).toEqual(['{tenant}:${x}:a']);
  });

  it('in a value is a value', () => {
    expect(keysOf('order:<0>', '{0}')).toEqual(['order:{0}']);
  });
});

describe('a value that cannot name a lock', () => {
  it.each<[what: string, value: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an empty string', ''],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['an object', {}],
    ['an object', new Date(0)],
    ['an object', new String('boxed')],
    ['an object', Object.create(null)],
    ['an array', ['a']],
    ['an empty list', []],
    ['a function', () => 'a'],
    ['a symbol', Symbol('a')],
  ])('is refused: %s', (what, value) => {
    for (const [template, args, placeholder, where] of [
      ['order:<1>', ['x', value], '<1>', 'the second argument (<1>)'],
      ['order:<0.user.id>', [{ user: { id: value } }], '<0.user.id>', '"user.id" of the first argument (<0>)'],
    ] as const) {
      const { message } = refusal(() => keysOf(template, ...args));
      expect(message).toContain(METHOD);
      expect(message).toContain(`${placeholder} in the key template "${template}"`);
      expect(message).toContain(`because ${where} is ${what}.`);
      expect(message).toContain('compute the key with a function');
    }
  });

  it('is refused where it is missing', () => {
    expect(refusal(() => keysOf('order:<0>')).message).toContain('the first argument (<0>) is undefined');
    expect(refusal(() => keysOf('order:<2>', 'a')).message).toContain('the third argument (<2>) is undefined');
    expect(refusal(() => keysOf('order:<11>', 'a')).message).toContain('argument number 12 (<11>) is undefined');
    expect(refusal(() => keysOf('order:<0.id>')).message).toContain('the first argument (<0>) is undefined');
    expect(refusal(() => keysOf('order:<0.user.id>', {})).message).toContain(
      '"user" of the first argument (<0>) is undefined',
    );
    expect(refusal(() => keysOf('order:<0.user.id>', { user: null })).message).toContain(
      '"user" of the first argument (<0>) is null',
    );
    expect(refusal(() => keysOf('order:<0.user.id>', { user: 5 })).message).toContain(
      '"user.id" of the first argument (<0>)',
    );
  });

  it('does not show in the message what it contains', () => {
    expect(refusal(() => keysOf('user:<0>', { password: 'hunter2' })).message).not.toContain('hunter2');
  });

  it('is refused when it cannot be read, with the reason as cause', () => {
    const cause = new RangeError('lazy relation is not loaded');
    const order = {
      get user(): never {
        throw cause;
      },
    };
    const error = refusal(() => keysOf('order:<0.user.id>', order));
    expect(error.cause).toBe(cause);
    expect(error.message).toContain('<0.user.id>');
    expect(error.message).toContain('reading "user" of the first argument (<0>) threw "lazy relation is not loaded"');
  });

  it.each(['\ud800', '\udc00', 'a\udbffz', '\udc00\ud800'])('is refused as half a surrogate pair: %j', (value) => {
    const { message } = refusal(() => keysOf('order:<0>', value));
    expect(message).toContain('<0> in the key template "order:<0>" is not well-formed Unicode');
  });
});

describe('several templates', () => {
  it('give their keys in order and without repetitions', () => {
    const templates = ['account:<0>', 'account:<1>', 'all'];
    expect(keysOf(templates, 'b', 'a')).toEqual(['account:b', 'account:a', 'all']);
    expect(keysOf(templates, 'b', 'b')).toEqual(['account:b', 'all']);
  });

  it('are refused when there are none, or one of them is malformed', () => {
    expect(refusal(() => compileKey([], METHOD)).message).toContain('empty list');
    expect(refusal(() => compileKey(['a:<0>', ''], METHOD)).message).toContain('empty key template');
    expect(refusal(() => compileKey(['a:<0>', 'a:<id>'], METHOD)).message).toContain('<id>');
    expect(refusal(() => compileKey(Object.assign([], { length: 2 }), METHOD)).message).toContain(
      'undefined cannot name a lock',
    );
  });

  it('do not change when the array does', () => {
    const templates = ['a:<0>'];
    const keys = compileKey(templates, METHOD);
    templates[0] = 'b:<0>';
    expect(keys(['x'])).toEqual(['a:x']);
  });
});

describe('a key function', () => {
  it('gets the arguments and gives one key or several, as they are', () => {
    expect(keysOf((a: string, b: number) => `${a}:${b}`, 'x:y', 2)).toEqual(['x:y:2']);
    expect(keysOf((...ids: string[]) => ids, 'b', 'a', 'b')).toEqual(['b', 'a']);
    expect(keysOf(() => '😀')).toEqual(['😀']);
  });

  it('hands out a list of its own', () => {
    const own = ['a'];
    const keys = keysOf(() => own);
    own.push('b');
    expect(keys).toEqual(['a']);
  });

  it.each<[what: string, result: unknown, named: string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an empty string', '', 'an empty string'],
    ['an empty list', [], 'an empty list'],
    ['a number', 7, 'a number'],
    ['an object', {}, 'an object'],
    ['a set', new Set(['a']), 'an object'],
    ['a promise', Promise.resolve('a'), 'not a promise'],
    ['a list with an empty string', ['a', ''], 'element 1 is an empty string'],
    ['a list with a number', ['a', 'b', 7], 'element 2 is a number'],
    ['a list with a hole', Object.assign([], { 1: 'a' }), 'element 0 is undefined'],
    ['a list of lists', [['a']], 'element 0 is an array'],
    ['half a surrogate pair', '\ud800', 'not well-formed Unicode'],
    ['a list with half a surrogate pair', ['a', '\udc00'], 'not well-formed Unicode'],
  ])('is refused when it returns %s', (_, result, named) => {
    const { message } = refusal(() => keysOf(() => result as string));
    expect(message).toMatch(/^Orders\.ship: the key function of @Locked returned/);
    expect(message).toContain(named);
  });

  it.each<[thrown: unknown]>([
    [new TypeError('no id')],
    ['a string'],
    [undefined],
    [new LockKeyError('from formatKey')],
  ])('that throws is refused, with the reason as cause: %p', (thrown) => {
    const error = refusal(() =>
      keysOf(() => {
        throw thrown;
      }),
    );
    expect(error.message).toMatch(/^Orders\.ship: the key function of @Locked threw/);
    expect(error.cause).toBe(thrown);
  });
});

describe('formatKey', () => {
  it('gives the key of the decorator', () => {
    const account = { id: 'a:b', owner: { name: '100%' } };
    const template = 'account:<0.id>/<1>:<0.owner.name>';
    expect(formatKey(template, account, 3)).toBe('account:a%3Ab/3:100%25');
    expect(formatKey(template, account, 3)).toBe(keyOf(template, account, 3));
  });

  it('refuses what the decorator refuses, in its own name', () => {
    const template: string = 'order:<0.id>';
    expect(refusal(() => formatKey(template, {})).message).toContain('formatKey: <0.id>');
    expect(refusal(() => formatKey('order:<id>' as string)).message).toContain('formatKey: <id>');
  });
});

describe('escaping', () => {
  it.each<[template: string, args: unknown[], key: string]>([
    ['<0>:<1>', ['a:b', 'c'], 'a%3Ab:c'],
    ['<0>:<1>', ['a', 'b:c'], 'a:b%3Ac'],
    ['order:<0>', ['a/b-c d_é😀'], 'order:a/b-c d_é😀'],
    ['<0>/<1>', ['a/b', 'c:d'], 'a%2Fb/c%3Ad'],
    ['<0>é<1>', ['é', 'e'], '%C3%A9ée'],
    ['<0>😀<1>', ['😀', '😁'], '%F0%9F%98%80😀😁'],
    ['<0>%:<1>', ['%', '%3A'], '%25%:%253A'],
    [`<0>-]\\^[.*'()!~<1>`, [`-]\\^[.*'()!~`, 'x'], `%2D%5D%5C%5E%5B%2E%2A%27%28%29%21%7E-]\\^[.*'()!~x`],
    ['<0>\n<1>', ['\n', '\0'], '%0A\n\0'],
    ['<0>-<1>', [-1, -2], '%2D1-%2D2'],
    ['<0><<<1>', ['<', '>'], '%3C<>'],
  ])('%j of %j is %j', (template, args, key) => {
    expect(keyOf(template, ...args)).toBe(key);
  });

  it('can be undone for every character of Unicode, so no two give the same key', () => {
    // First a template that uses nothing but the colon, then one that uses every printable ASCII character and some more.
    const ascii = String.fromCodePoint(...Array.from({ length: 95 }, (_, i) => 32 + i)).replace('<', '<<');
    for (const literal of ['', `${ascii}é…😀`]) {
      const key = compile(`${literal}:<0>:`);
      const start = literal.replace('<<', '<').length + 1;
      const wrong: number[] = [];
      for (let from = 0; from <= 0x10ffff; from += 256) {
        if (from >= 0xd800 && from <= 0xdfff) continue;
        const value = String.fromCodePoint(...Array.from({ length: 256 }, (_, i) => from + i));
        const escaped = key([value])[0]!.slice(start, -1);
        if (decodeURIComponent(escaped) !== value || escaped.includes(':')) wrong.push(from);
      }
      expect(wrong).toEqual([]);
    }
  });

  it('never gives two lists of values the same key', () => {
    const random = new Random(20_240_229);
    const pick = <T>(from: readonly T[]): T => random.pick(from);
    // Few characters, so that values collide unless something keeps them apart; what separates and what escapes first.
    const chars = [':', ':', '%', '%', '3', 'A', '2', '5', 'a', '-', '/', 'é', '😀', '\0', '<', '>', '.'];
    const separators = [':', '::', '%:', ':%', 'a:a', '%3A:', '-', '/', 'é', '😀', 'a😀3', '<<', ':%3A', '.%25.'];
    const collisions: unknown[] = [];
    for (let round = 0; round < 60; round++) {
      const count = random.between(2, 3);
      const edge = (): string => pick(['', '', ':', 'a', '%', 'é', '3A']);
      let template = edge();
      for (let i = 0; i < count; i++) template += `${i === 0 ? '' : pick(separators)}<${i}>`;
      const keys = compile(template + edge());
      const seen = new Map<string, string>();
      for (let i = 0; i < 1_000; i++) {
        const values = Array.from({ length: count }, () => {
          const length = random.between(1, 4);
          return Array.from({ length }, () => pick(chars)).join('');
        });
        const key = keys(values)[0]!;
        const identity = JSON.stringify(values);
        if ((seen.get(key) ?? identity) !== identity) collisions.push([template, key, identity]);
        seen.set(key, identity);
      }
    }
    expect(collisions).toEqual([]);
  });
});
