/** What the library says, whatever the key: one line, all of it visible, and not much. */
import * as fc from 'fast-check';
import { LockBusyError, LockKeyError } from '../../lib/lock.errors.js';
import { messages } from '../../lib/lock.messages.js';
import { keyMessages } from '../../lib/locked/key-template.messages.js';
import { plain, quote, say, show } from '../../lib/quoting.js';
import { NASTY, UNSEEN } from '../support/nasty.js';

type Message = (...args: unknown[]) => string;

/** Not about keys: they name what stands in the program, and take their words from closed lists. */
const {
  noService: _,
  misplaced: __,
  wrongOutcome: ___,
  streamOutcome: ____,
  unlessWithout: _____,
  ...others
} = messages;
const named =
  (message: (of: string, ...args: never[]) => string): Message =>
  (...args) =>
    (message as Message)('Orders.ship', ...args);
const aboutKeys = {
  ...others,
  option: (name: string, value: unknown) => messages.option(name, value, 'a duration'),
  unknownOption: (name: string) => messages.unknownOption('acquire()', '', name, ['ttl'], 'ttl'),
  badLocked: (key: string) => messages.badLocked(key, 'It is bad.'),
  badShareOfKey: (key: string) => messages.badShareOfKey(key, 'It is bad.'),
  ofMethod: () => messages.ofMethod('Orders.ship', 'It is bad.'),
  optionThrew: named(messages.optionThrew),
  asyncOption: named(messages.asyncOption),
  bareLocked: named(messages.bareLocked),
  waitsForLocks: (text: string) => messages.waitsForLocks(4, Array(3).fill({ key: text, since: text }), text),
  lockOrder: (text: string) =>
    messages.lockOrder(Array(2).fill({ held: text, asked: text, place: text }), text.length > 1),
  severalCopies: (text: string) => messages.severalCopies([{ version: text, folder: text }]),
  streamOutcome: () => messages.streamOutcome('Orders.ship', 'a stream'),
  standardDecorators: named(messages.standardDecorators),
  mockedService: named(messages.mockedService),
  noOptions: named(messages.noOptions),
  signalAsOptions: named(messages.signalAsOptions),
  noSection: named(messages.noSection),
  optionsAfterSection: named(messages.optionsAfterSection),
  oneKey: named(messages.oneKey),
  besideFactory: named(messages.besideFactory),
};
const OF_KEYS = Object.entries(aboutKeys as unknown as Record<string, Message>);
const aboutTemplates = {
  ...keyMessages,
  badKeyInResult: (method: string, key: unknown) => keyMessages.badKeyInResult(method, key, 3),
};
const OF_METHODS = Object.entries(aboutTemplates as unknown as Record<string, Message>);
const ALL: [string, Message][] = [
  ...OF_KEYS,
  ...OF_METHODS.map(([name, message]): [string, Message] => [name, (...args) => message('Orders.ship', ...args)]),
];
/** No message takes more arguments. */
const MOST = 5;

function expectHarmless(text: string, longest = 3_500): void {
  expect(text).not.toMatch(UNSEEN);
  expect(text.length).toBeLessThan(longest);
}

describe.each(ALL)('the message %s', (_, message) => {
  it.each(Object.entries(NASTY))('stays one visible line with %s', (_, text) => {
    expectHarmless(message(...Array.from({ length: MOST }, () => text)));
  });

  it('is in plain words', () => {
    const text = message(...Array.from({ length: MOST }, () => 'x'));
    expect(text).not.toMatch(/(?:some|no|every|any)body|whoever|\bhe\b|\bhim\b|\bhis\b|forbids to|allowed is/i);
  });
});

it.each(Object.entries(NASTY))('what others throw is told on one line with %s', (_, text) => {
  for (const thrown of [new Error(text), { message: text }, text]) {
    expectHarmless(messages.refused(thrown));
    expectHarmless(messages.noAnswer(5_000, 'ready', thrown));
    expectHarmless(keyMessages.functionThrew('Orders.ship', thrown));
    expectHarmless(keyMessages.unreadable('Orders.ship', 'order:<0>', '<0>', 'argument 0', thrown));
  }
});

describe('an error', () => {
  it.each(Object.entries(NASTY))('about a key with %s keeps the key, and shows it on one line', (_, key) => {
    const error = new LockBusyError(`the message of a store about ${key}`, { key });
    expect(error.key).toBe(key);
    expect(error.message).not.toMatch(UNSEEN);
    expect(error.stack!.split('\n')[0]).toBe(`LockBusyError: ${error.message}`);
    expectHarmless(String((error.toJSON() as { key: string }).key), 1_500);
  });

  it('worded by an application is left as it was worded', () => {
    expect(new LockKeyError('Der Schlüssel „Straße“ – 鍵 – 🔑 \\n').message).toBe(
      'Der Schlüssel „Straße“ – 鍵 – 🔑 \\n',
    );
  });
});

describe('quoting', () => {
  it('leaves an ordinary key as it is', () => {
    for (const key of ['order:42', 'größe:鍵', 'a b', '🔑', 'x'.repeat(200)]) {
      expect(quote(key)).toBe(`"${key}"`);
      expect(plain(key)).toBe(key);
    }
    expect(quote('say "hi" \\')).toBe(String.raw`"say \"hi\" \\"`);
  });

  it('shows what can’t be seen', () => {
    expect(quote('a\nb\u2028c\u{e0041}')).toBe(String.raw`"a\nb\u2028c\u{e0041}"`);
    expect(plain('a\nb')).toBe(String.raw`a\u000ab`);
  });

  it('cuts long keys in the middle, so that beginning and end are there', () => {
    const quoted = quote(`order:${'x'.repeat(10_000)}:the-end`);
    expect(quoted).toMatch(/^"order:x+ … \d+ characters … x+:the-end"$/);
    expect(quoted.length).toBeLessThan(220);
  });

  it('gives one visible line for any text, and does nothing when done twice', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 });
    fc.assert(
      fc.property(text, (any) => {
        expectHarmless(quote(any), 2_500);
        expectHarmless(plain(any), 2_500);
        expect(plain(plain(any, 10_000), 10_000)).toBe(plain(any, 10_000));
      }),
    );
  });

  it('names objects and functions and never looks into them', () => {
    const secret = { toString: () => 'secret', password: 'secret' };
    expect([secret, [secret], () => secret, null, undefined, 5n, Symbol('a\n')].map(show)).toEqual([
      'an object',
      'an array',
      'a function',
      'null',
      'undefined',
      '5',
      String.raw`Symbol(a\u000a)`,
    ]);
  });

  it('says of what was thrown what it says itself, if it says anything', () => {
    const mute = {
      get message(): string {
        throw new Error('no');
      },
    };
    expect([new Error('a\nb'), 'text', { message: 'other realm' }, mute, null].map(say)).toEqual([
      String.raw`a\u000ab`,
      'text',
      'other realm',
      'an object',
      'null',
    ]);
  });
});

it('a cause that ends in a full stop is followed by no second one', () => {
  const ended = new Error('It has ended.');
  for (const message of [messages.refused, messages.notLetIn, messages.noDatabase, messages.cannotConnect]) {
    expect(message(ended)).toMatch(/: It has ended\. [A-Z]/);
  }
});

it('a bad connection is told the form of a good one first', () => {
  expect(messages.badConnection('x')).toMatch(
    /^Invalid option `connection`: expected a URL such as redis:\/\/localhost:6379/,
  );
});

it('the form of a bad option names the option, what was expected and what came', () => {
  expect(messages.option('ttl', 5, 'a duration')).toBe('Invalid option `ttl`: expected a duration, got 5.');
});

it('what any store may say does not name Redis, or a command of it', () => {
  const { noAnswerYet, unreachableWhileWaiting, answeredTooLate, overBeforeBegun, storeStopped, storeSilent } =
    messages;
  const { expired, notRenewed, gone, otherFence, refused, failed, oddAnswer, oddAnswers } = messages;
  const ofWaits = { noAnswerYet, unreachableWhileWaiting, answeredTooLate, overBeforeBegun };
  const ofLeases = { expired, notRenewed, gone, otherFence };
  const ofStores = { storeStopped, storeSilent, refused, failed, oddAnswer, oddAnswers };
  for (const each of Object.values({ ...ofWaits, ...ofLeases, ...ofStores })) {
    expect((each as Message)('key', 5)).not.toMatch(/Redis|PUBLISH/);
  }
});
