/** With whom a caller shares a key, as numbers. */
import { describe, expect, it } from '@jest/globals';
import type { ShareOptions } from '../../../lib/acquire.options.js';
import { EXCLUSIVE, READ } from '../../../lib/core/admission.js';
import { modeOf, readShare } from '../../../lib/core/share-options.js';
import { LockOptionsError } from '../../../lib/lock.errors.js';

describe('the options of a share', () => {
  it.each([
    [{}, EXCLUSIVE],
    [{ mode: 'write' }, EXCLUSIVE],
    [{ mode: 'read' }, READ],
    [{ mode: undefined, concurrency: undefined, weight: undefined }, EXCLUSIVE],
    [{ concurrency: 1 }, EXCLUSIVE],
    [{ concurrency: 1, weight: 1 }, EXCLUSIVE],
    [{ concurrency: 5 }, { limit: 5, weight: 1 }],
    [
      { concurrency: 5, weight: 5 },
      { limit: 5, weight: 5 },
    ],
    [{ concurrency: 1_000_000_000 }, { limit: 1_000_000_000, weight: 1 }],
  ])('%j is a share', (options, share) => {
    expect(readShare(options as ShareOptions)).toEqual(share);
  });

  it.each([
    [{ mode: 'reed' }, "Invalid option `mode`: expected 'read' or 'write', got \"reed\"."],
    [{ mode: null }, "Invalid option `mode`: expected 'read' or 'write', got null."],
    [{ mode: 'read', concurrency: 2 }, 'Invalid option `concurrency`: expected nothing beside a `mode`, got 2.'],
    [{ mode: 'write', concurrency: 1 }, 'Invalid option `concurrency`: expected nothing beside a `mode`, got 1.'],
    [{ weight: 1 }, 'Invalid option `weight`: expected nothing without `concurrency`, got 1.'],
    [{ mode: 'read', weight: 1 }, 'Invalid option `weight`: expected nothing without `concurrency`, got 1.'],
    [
      { concurrency: 3, weight: 4 },
      'Invalid option `weight`: expected a whole number from 1 to 3 (`concurrency`), got 4.',
    ],
  ])('%j are refused, and the message says what is wrong', (options, message) => {
    const read = (): unknown => readShare(options as ShareOptions);
    expect(read).toThrow(LockOptionsError);
    expect(read).toThrow(message);
  });

  it.each([0, -1, 1.5, NaN, Infinity, 1_000_000_001, '2', null, {}, [], 2n])('%p is no concurrency', (concurrency) => {
    expect(() => readShare({ concurrency } as ShareOptions)).toThrow(
      /`concurrency`: expected a whole number from 1 to/,
    );
  });

  it.each([0, -1, 1.5, NaN, Infinity, '2', null, {}, [], 2n])('%p is no weight', (weight) => {
    expect(() => readShare({ concurrency: 10, weight } as ShareOptions)).toThrow(/`weight`: expected a whole number/);
  });
});

it('a share is called what people call it', () => {
  expect([EXCLUSIVE, READ, { limit: 5, weight: 2 }].map(modeOf)).toEqual(['write', 'read', 'permit']);
});
