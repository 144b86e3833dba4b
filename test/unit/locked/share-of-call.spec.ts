/** `mode`, `concurrency` and `weight` of a locked method: values, or functions of its arguments. */
import { describe, expect, it, jest } from '@jest/globals';
import { Observable, of } from 'rxjs';
import type { WithLockOptions } from '../../../lib/acquire.options.js';
import { LockBusyError, LockOptionsError } from '../../../lib/lock.errors.js';
import type { LockService } from '../../../lib/lock.service.js';
import { bindLocks } from '../../../lib/locked/bind-locks.js';
import { Locked } from '../../../lib/locked/locked.decorator.js';
import type { LockedOptions } from '../../../lib/locked/locked.options.js';

/** What a test looks at of one locked method. */
interface Scene {
  /** Calls the method. */
  readonly call: (...args: unknown[]) => Promise<unknown>;
  readonly body: jest.Mock;
  /** The options of each call, as the service got them. */
  readonly asked: readonly WithLockOptions[];
  readonly object: object;
}

function scene(options: object): Scene {
  const body = jest.fn();
  const asked: WithLockOptions[] = [];
  class Exports {
    readonly most = 7;

    async run(...args: unknown[]): Promise<unknown> {
      return body(...args);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Exports.prototype, 'run')!;
  (Locked('exports', options as LockedOptions) as MethodDecorator)(Exports.prototype, 'run', descriptor);
  Object.defineProperty(Exports.prototype, 'run', descriptor);
  const locks = {
    withLock: async (_: string, given: WithLockOptions, section: () => unknown) => {
      asked.push(given);
      return section();
    },
  };
  const object = bindLocks(new Exports(), locks as unknown as LockService);
  return { call: (...args) => object.run(...args), body, asked, object };
}

/** What defining a method with these options throws. */
function refusalOf(options: object): unknown {
  try {
    scene(options);
  } catch (refusal) {
    return refusal;
  }
  throw new Error('nothing was refused');
}

describe('the share of a locked method', () => {
  it('is what its options say, for every call', async () => {
    const { call, asked } = scene({ concurrency: 5, weight: 2, minHold: '30s', lockDelay: '5s', ttl: '10s' });
    await call();
    await call('other');
    expect(asked[0]).toMatchObject({ concurrency: 5, weight: 2, minHold: 30_000, lockDelay: 5_000, ttl: 10_000 });
    // Nothing is computed for a call where nothing depends on it.
    expect(asked[1]).toBe(asked[0]);
  });

  it('is a mode', async () => {
    const { call, asked } = scene({ mode: 'read' });
    await call();
    expect(asked).toEqual([expect.objectContaining({ mode: 'read' })]);
    expect(asked[0]).not.toHaveProperty('concurrency');
  });

  it('is left to its defaults where nothing is said', async () => {
    const { call, asked } = scene({ wait: 0 });
    await call();
    for (const name of ['mode', 'concurrency', 'weight', 'minHold', 'lockDelay', 'share']) {
      expect(asked[0]).not.toHaveProperty(name);
    }
  });

  it('is found by functions of the arguments, at each call', async () => {
    const concurrency = (tenant: { exports: number }): number => tenant.exports;
    const { call, asked } = scene({ concurrency, weight: (_: unknown, pages: number) => pages, wait: 0 });
    await call({ exports: 5 }, 2);
    await call({ exports: 9 }, 1);
    expect(asked).toMatchObject([
      { concurrency: 5, weight: 2, wait: 0 },
      { concurrency: 9, weight: 1, wait: 0 },
    ]);
  });

  it('may be found in part', async () => {
    const { call, asked } = scene({ concurrency: 10, weight: (pages: number) => pages });
    await call(3);
    expect(asked).toMatchObject([{ concurrency: 10, weight: 3 }]);
  });

  it('is found with the object as `this`', async () => {
    const { call, asked, object } = scene({
      concurrency(this: { most: number }) {
        expect(this).toBe(object);
        return this.most;
      },
    });
    await call();
    expect(asked).toMatchObject([{ concurrency: 7 }]);
  });

  it('is exclusive where a function finds nothing', async () => {
    const { call, body, asked } = scene({ mode: () => undefined });
    await call();
    expect(body).toHaveBeenCalled();
    expect(asked).toMatchObject([{ mode: undefined }]);
  });

  it('is found beside a signal, which is found as well', async () => {
    const { signal } = new AbortController();
    const { call, asked } = scene({ mode: (mode: string) => mode, signal: (_: string, stop: AbortSignal) => stop });
    await call('read', signal);
    expect(asked).toMatchObject([{ mode: 'read' }]);
    expect(asked[0]!.signal).toBe(signal);
  });
});

describe('a bad share is refused when the class is defined', () => {
  const some = (): number => 5;
  it.each([
    [{ mode: 'reed' }, /`mode`: expected 'read' or 'write', got "reed"/],
    [{ concurrency: 0 }, /`concurrency`: expected a whole number/],
    [{ concurrency: '5' }, /`concurrency`: expected a whole number .*got "5"/],
    [{ concurrency: 3, weight: 4 }, /`weight`: .*from 1 to 3/],
    [{ weight: 2 }, /`weight`: .*without `concurrency`, got 2/],
    [{ mode: 'read', concurrency: 2 }, /`concurrency`: .*beside a `mode`, got 2/],
    [{ mode: 'read', concurrency: some }, /`concurrency`: .*beside a `mode`, got a function/],
    [{ mode: some, concurrency: 2 }, /`concurrency`: .*beside a `mode`, got 2/],
    [{ weight: some }, /`weight`: .*without `concurrency`, got a function/],
    [{ mode: some, weight: 1 }, /`weight`: .*without `concurrency`, got 1/],
    [{ concurrency: some, weight: 0 }, /`weight`: expected a whole number/],
    [{ minHold: -1 }, /`minHold`: expected a duration/],
    [{ lockDelay: 'soon' }, /`lockDelay`: expected a duration/],
    [{ minHold: some }, /`minHold`: expected a duration/],
    [{ ttl: some }, /`ttl`: expected a duration/],
  ])('%p', (options, message) => {
    const refusal = refusalOf(options);
    expect(refusal).toBeInstanceOf(LockOptionsError);
    expect(refusal).toMatchObject({ message: expect.stringMatching(message) });
  });
});

describe('a bad share that a function finds', () => {
  const onBusy = jest.fn();

  it.each([
    ['mode', { mode: () => 'reed' }, "Exports.run: Invalid option `mode`: expected 'read' or 'write', got \"reed\"."],
    ['concurrency', { concurrency: () => '5' }, /^Exports\.run: Invalid option `concurrency`: .*, got "5"\.$/],
    ['concurrency', { concurrency: () => NaN }, /^Exports\.run: Invalid option `concurrency`: .*, got NaN\.$/],
    ['concurrency', { concurrency: () => null }, /^Exports\.run: Invalid option `concurrency`: .*, got null\.$/],
    [
      'weight',
      { concurrency: 3, weight: () => 4 },
      /^Exports\.run: Invalid option `weight`: .*from 1 to 3 .*, got 4\.$/,
    ],
    [
      'weight',
      { concurrency: () => 3, weight: 4 },
      /^Exports\.run: Invalid option `weight`: .*from 1 to 3 .*, got 4\.$/,
    ],
  ])('(%s) ends the call, and neither the method nor its fallback runs', async (_, options, message) => {
    const { call, body, asked } = scene({ ...options, onBusy });
    const refusal = call();
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toBeInstanceOf(LockOptionsError);
    expect([body, onBusy].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    expect(asked).toEqual([]);
  });

  it('is a promise: it is refused, and its rejection disturbs nothing', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const { call, body } = scene({ concurrency: async () => Promise.reject(new Error('of the promise')) });
    await expect(call()).rejects.toThrow(/^Exports\.run: the function of the option `concurrency` returned a promise/);
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect([body, unhandled].map(({ mock }) => mock.calls)).toEqual([[], []]);
  });

  it.each([new Error('no plan'), new LockBusyError('no plan'), 'no plan'])('is an error: %p', async (thrown) => {
    const fail = (): never => {
      throw thrown;
    };
    const { call, body } = scene({ mode: fail, onBusy });
    const refusal = call();
    await expect(refusal).rejects.toThrow(
      /^Exports\.run: the function of the option `mode` threw: no plan\. Nothing was/,
    );
    await expect(refusal).rejects.toMatchObject({ code: 'LOCK_OPTIONS', cause: thrown });
    expect([body, onBusy].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  it('is not hidden by `onBusy: skip`', async () => {
    const { call } = scene({ concurrency: () => 0, onBusy: 'skip' });
    await expect(call()).rejects.toBeInstanceOf(LockOptionsError);
  });

  it('ends a stream and a generator as well', async () => {
    const locks = { withLock: jest.fn(), acquire: jest.fn() };
    class Feed {
      @Locked('feed', { returns: 'observable', concurrency: () => 0 })
      watch(): Observable<number> {
        return of(1);
      }

      @Locked('feed', { concurrency: () => 0 })
      async *pages(): AsyncGenerator<number> {
        yield 1;
      }
    }
    const feed = bindLocks(new Feed(), locks as unknown as LockService);
    const error = await new Promise((resolve) => feed.watch().subscribe({ error: resolve }));
    expect(error).toMatchObject({ code: 'LOCK_OPTIONS', message: expect.stringMatching(/^Feed\.watch: /) });
    await expect(feed.pages().next()).rejects.toThrow(/^Feed\.pages: Invalid option `concurrency`/);
    expect(locks.acquire).not.toHaveBeenCalled();
  });
});
