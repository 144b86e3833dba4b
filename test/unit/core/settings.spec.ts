/** Options as users write them, and what becomes of bad ones. */
import { describe, expect, it } from '@jest/globals';
import { EXCLUSIVE, READ } from '../../../lib/core/admission.js';
import { toMilliseconds } from '../../../lib/duration.js';
import { LockOptionsError } from '../../../lib/lock.errors.js';
import {
  DEFAULT_SETTINGS,
  readDuration,
  readOnLost,
  readSignal,
  readTtl,
  resolveSettings,
} from '../../../lib/core/settings.js';

const resolve = (options: object): unknown => resolveSettings(options, DEFAULT_SETTINGS);

/** None of these is a length of time. */
const NO_DURATIONS = [NaN, -1, -Infinity, '', ' ', '5 parsecs', 'abc', '-5s', '1s 2s', null, true, {}, [], [1000], 5n];

describe('a duration', () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    ['0', 0],
    ['250', 250],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2 h', 7_200_000],
    ['1d', 86_400_000],
    ['0.5s', 500],
    ['Infinity', Infinity],
  ])('%p is %d ms', (duration, milliseconds) => {
    expect(toMilliseconds(duration as '1s')).toBe(milliseconds);
  });

  it.each(['', ' ', '5 parsecs', 's', 'infinity', '-Infinity', null, undefined, {}, [], '9'.repeat(200)])(
    '%p is none',
    (value) => {
      expect(toMilliseconds(value as '1s')).toBeNaN();
    },
  );
});

const LISTENER_LIMIT = 'events.maxEventTargetListeners';

it('a signal may cancel any number of calls, without a warning of a leak', () => {
  const { signal } = new AbortController();
  expect(readSignal(signal)).toBe(signal);
  // Node.js 20 has no other way to ask.
  const limit = Object.getOwnPropertySymbols(signal).find(({ description }) => description === LISTENER_LIMIT)!;
  expect((signal as unknown as Record<symbol, unknown>)[limit]).toBe(0);
  expect(readSignal(undefined)).toBeUndefined();
});

describe('settings', () => {
  it('are the defaults where nothing is said', () => {
    expect(resolve({})).toEqual({
      ttl: 30_000,
      wait: 10_000,
      autoRenew: true,
      maxHold: Infinity,
      reentrant: true,
      fair: false,
      share: EXCLUSIVE,
      lockDelay: 0,
      minHold: 0,
      release: 'awaited',
      label: '',
    });
  });

  it('are what is said, in milliseconds', () => {
    const said = { ttl: '5s', wait: '1m', autoRenew: false, maxHold: '1h', reentrant: false, fair: true };
    expect(resolve({ ...said, mode: 'read', lockDelay: '2s', minHold: '1m', release: 'background' })).toEqual({
      ttl: 5_000,
      wait: 60_000,
      autoRenew: false,
      maxHold: 3_600_000,
      reentrant: false,
      fair: true,
      share: READ,
      lockDelay: 2_000,
      minHold: 60_000,
      release: 'background',
      label: '',
    });
  });

  it('take what is undefined for not said', () => {
    const options = { ttl: undefined, wait: undefined, autoRenew: undefined, maxHold: undefined, reentrant: undefined };
    expect(resolve(options)).toEqual(DEFAULT_SETTINGS);
  });

  it('accept no wait, and one without end', () => {
    expect(resolve({ wait: 0 })).toMatchObject({ wait: 0 });
    expect(resolve({ wait: Infinity, maxHold: Infinity })).toMatchObject({ wait: Infinity, maxHold: Infinity });
  });

  it.each(
    ['ttl', 'wait', 'maxHold', 'lockDelay', 'minHold'].flatMap((name) =>
      NO_DURATIONS.map((value) => [name, value] as const),
    ),
  )('refuse %s: %p and name it', (name, value) => {
    expect(() => resolve({ [name]: value })).toThrow(LockOptionsError);
    expect(() => resolve({ [name]: value })).toThrow(`\`${name}\``);
  });

  it.each([
    ['ttl', 99],
    ['ttl', 0],
    ['ttl', Infinity],
    ['ttl', '400d'],
    ['maxHold', 0],
    ['autoRenew', 'yes'],
    ['autoRenew', null],
    ['reentrant', 0],
    ['lockDelay', -1],
    ['lockDelay', '400d'],
    ['minHold', Infinity],
    ['mode', 'reed'],
  ])('refuse %s: %p', (name, value) => {
    expect(() => resolve({ [name]: value })).toThrow(LockOptionsError);
  });

  it('propose seconds for a bare number that is too small to be milliseconds', () => {
    expect(() => resolve({ ttl: 30 })).toThrow(/, got 30 \(milliseconds\); did you mean '30s'\?$/);
    expect(() => resolve({ ttl: '30' as never })).toThrow(/, got "30" \(milliseconds\); did you mean '30s'\?$/);
    for (const ttl of [0, -5, 0.01, '30ms', '1 parsec', Infinity] as never[]) {
      expect(() => resolve({ ttl })).toThrow(/got [^;]*\.$/);
    }
  });

  it('say which value was bad and what is allowed', () => {
    expect(() => resolve({ ttl: '5 parsecs' })).toThrow(/`ttl`: expected .*from 100 ms to a year.*got "5 parsecs"/);
    expect(() => resolve({ wait: NaN })).toThrow(/`wait`: expected .*at least 0 ms.*or Infinity, got NaN/);
  });
});

describe('a ttl', () => {
  it('is whole milliseconds, at least the minimum', () => {
    expect([readTtl(100), readTtl(1_234.5), readTtl('30s')]).toEqual([100, 1_235, 30_000]);
    expect(() => readTtl(99.9)).toThrow(LockOptionsError);
  });
});

describe('a bounded duration', () => {
  it('may lie on its bounds, not beyond', () => {
    const bounds = { min: 1, max: 10 };
    expect([readDuration('x', 1, bounds), readDuration('x', 10, bounds)]).toEqual([1, 10]);
    for (const value of [0.9, 10.1, Infinity]) expect(() => readDuration('x', value, bounds)).toThrow(LockOptionsError);
  });
});

describe('what is passed on', () => {
  it('is checked: onLost', () => {
    expect([readOnLost(undefined), readOnLost('throw'), readOnLost('ignore')]).toEqual(['throw', 'throw', 'ignore']);
    expect(() => readOnLost('skip' as 'throw')).toThrow(LockOptionsError);
  });

  it('is checked: signal', () => {
    const { signal } = new AbortController();
    expect([readSignal(undefined), readSignal(signal)]).toEqual([undefined, signal]);
    for (const value of [{}, 'abort']) expect(() => readSignal(value as AbortSignal)).toThrow(LockOptionsError);
  });
});
