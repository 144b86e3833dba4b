/** Orders of keys that contradict each other: what counts as one, what is said of it, and what is remembered. */
import { describe, expect, it } from '@jest/globals';
import { LockEngine } from '../../../lib/core/engine.js';
import { LockOrder } from '../../../lib/core/lock-order.js';
import { LockOptionsError } from '../../../lib/lock.errors.js';
import { LockService } from '../../../lib/lock.service.js';
import { bindLocks } from '../../../lib/locked/bind-locks.js';
import { Locked } from '../../../lib/locked/locked.decorator.js';
import { openLocks } from '../../support/fakes/locks.js';
import type { Bench } from '../../support/fakes/locks.js';
import { useFakeClock } from '../../support/fakes/fake-clock.js';
import { FakeStore } from '../../support/fakes/fake-store.js';

const open = (mode: 'warn' | 'throw' | 'off' | undefined): Bench =>
  openLocks({}, 10_000, new FakeStore(), undefined, mode);

/** An order of which each circle is noted. */
function noted(): { order: LockOrder; circles: string[] } {
  const circles: string[] = [];
  return { order: new LockOrder('warn', (key) => circles.push(key)), circles };
}

/** Takes keys one inside the other. */
async function nest(locks: LockService, ...[key, ...others]: string[]): Promise<void> {
  if (key !== undefined) await locks.withLock(key, () => nest(locks, ...others));
}

describe('keys that are asked for in two orders', () => {
  useFakeClock();

  it('are warned of, once, with both orders and both places, by the log and by an event', async () => {
    const { locks, warnings, heard } = open('warn');
    const aThenB = (): Promise<void> => locks.withLock('a', () => locks.withLock('b', () => undefined));
    const bThenA = (): Promise<void> => locks.withLock('b', () => locks.withLock('a', () => undefined));
    await aThenB();
    expect(warnings).toEqual([]);
    for (let i = 0; i < 3; i++) {
      await bThenA();
      await aThenB();
    }
    const place = String.raw`\(.*lock-order\.spec\.ts:\d+:\d+\)`;
    const sentence = `"a" while "b" is held ${place}, but "b" while "a" is held ${place}\\. Ask for them in one call`;
    expect(warnings).toEqual([expect.stringMatching(sentence)]);
    const [here, there] = warnings[0]!.match(/spec\.ts:\d+/g)!;
    expect(Number(here!.slice(8)) - Number(there!.slice(8))).toBe(1);
    expect(heard('warning')).toEqual([
      {
        type: 'warning',
        code: 'lock-order',
        instance: 'default',
        key: 'a',
        token: '',
        label: '',
        message: warnings[0],
      },
    ]);
  });

  it('are warned of without a subscriber, outside of the section, and whatever the logger does', async () => {
    const { engine } = open('off');
    const said: [message: string, wasHeld: boolean][] = [];
    const locks = new LockService(
      new LockEngine({
        store: new FakeStore(),
        defaults: engine.defaults,
        shutdownGrace: 0,
        lockOrder: 'warn',
        log: () => undefined,
        warn: (message) => {
          said.push([message, locks.holds('b')]);
          throw new Error('the logger failed');
        },
      }),
    );
    await nest(locks, 'a', 'b');
    await nest(locks, 'b', 'a');
    expect(said).toEqual([[expect.stringContaining('"a" while "b" is held'), false]]);
  });

  it('are warned of once for the same places, whatever the keys and whichever came first', async () => {
    const { locks, warnings } = open('warn');
    const here = (a: string, b: string): Promise<void> => locks.withLock(a, () => locks.withLock(b, () => undefined));
    const there = (a: string, b: string): Promise<void> => locks.withLock(a, () => locks.withLock(b, () => undefined));
    await here('a', 'b').then(() => there('b', 'a'));
    await here('c', 'd').then(() => there('d', 'c'));
    await there('e', 'f').then(() => here('f', 'e'));
    expect(warnings).toHaveLength(1);
    await here('g', 'h').then(() => here('h', 'g'));
    expect(warnings).toHaveLength(2);
  });

  it('reject the call that closes the circle, each time, and it asks for nothing', async () => {
    const { locks, store, warnings } = open('throw');
    await nest(locks, 'a', 'b');
    for (let i = 0; i < 2; i++) {
      const calls = store.sent('acquire').length;
      const refused = nest(locks, 'b', 'a');
      await expect(refused).rejects.toBeInstanceOf(LockOptionsError);
      await expect(refused).rejects.toMatchObject({
        key: 'a',
        message: expect.stringMatching(/"a" while "b" is held .*So the first of these calls was refused/),
      });
      expect(
        store
          .sent('acquire')
          .slice(calls)
          .map(({ key }) => key),
      ).toEqual(['b']);
      await nest(locks, 'a', 'b');
    }
    expect(warnings).toEqual([]);
  });

  it('reject a locked method although it would be skipped when busy', async () => {
    const { locks } = open('throw');
    class Bank {
      @Locked('<0>', { onBusy: 'skip' }) async take(_key: string, ...others: string[]): Promise<void | undefined> {
        const [next, ...rest] = others;
        if (next !== undefined) await this.take(next, ...rest);
      }
    }
    const bank = bindLocks(new Bank(), locks);
    await bank.take('a', 'b');
    await expect(bank.take('b', 'a')).rejects.toBeInstanceOf(LockOptionsError);
  });

  it('are found in longer circles', async () => {
    const { locks, warnings } = open('warn');
    await nest(locks, 'a', 'b');
    await nest(locks, 'b', 'c');
    await nest(locks, 'c', 'd');
    expect(warnings).toEqual([]);
    await nest(locks, 'd', 'a');
    expect(warnings).toEqual([
      expect.stringMatching(
        /"a" while "d" is held .*, but "b" while "a" is held .*, but "c" while "b" is held .*, but "d" while "c" is held/,
      ),
    ]);
  });

  it('are found behind every key that is held, and not only the innermost', async () => {
    const { locks, warnings } = open('warn');
    await locks.withLock(['a', 'x'], () => nest(locks, 'b'));
    await nest(locks, 'b', 'x');
    expect(warnings).toEqual([expect.stringContaining('"x" while "b" is held')]);
  });

  it('are found behind the outer of two sections', async () => {
    const { order, circles } = noted();
    order.asks(['inner', 'outer'], 'key');
    order.asks(['key'], 'outer');
    expect(circles).toEqual(['outer']);
  });

  it('are found between the keys of several calls, and not among those of one', async () => {
    const { locks, warnings } = open('warn');
    await locks.withLock(['a', 'b'], () => undefined);
    await locks.withLock(['b', 'a'], () => undefined);
    await locks.withLock('a', () => locks.withLock(['c', 'd'], () => undefined));
    await locks.withLock(['d', 'c'], () => undefined);
    expect(warnings).toEqual([]);
    await locks.withLock(['d', 'x'], () => nest(locks, 'a'));
    expect(warnings).toEqual([expect.stringMatching(/"a" while "d" is held .*, but "d" while "a" is held/)]);
  });

  it('leave nothing locked where one of several keys closes the circle', async () => {
    const { locks, store } = open('throw');
    await nest(locks, 'a', 'z');
    const refused = locks.withLock('z', () => locks.withLock(['a', 'b', 'z'], () => undefined));
    await expect(refused).rejects.toMatchObject({ code: 'LOCK_OPTIONS', key: 'a' });
    for (const key of ['a', 'b', 'z']) expect((await store.look(key)).holders).toEqual([]);
  });

  it.each<[string, (locks: LockService) => Promise<unknown>]>([
    ['a key that is entered again', (locks) => nest(locks, 'b', 'a', 'b')],
    [
      'a call that does not wait',
      (locks) => locks.withLock('b', async () => locks.withLock('a', { wait: 0 }, () => 0)),
    ],
    ['a call that tries', (locks) => locks.withLock('b', async () => (await locks.tryAcquire('a'))?.release())],
    ['work outside of the section', (locks) => locks.withLock('b', () => locks.outside(() => nest(locks, 'a')))],
    [
      'a lock from acquire(), which is not in the context',
      async (locks) => {
        const lock = await locks.acquire('b');
        await nest(locks, 'a');
        await lock.release();
      },
    ],
    [
      'a lock that was given back in its section',
      (locks) =>
        locks.withLock('b', async (lock) => {
          await lock.release();
          await nest(locks, 'a');
        }),
    ],
    [
      'a key that was given back with another that is still held',
      async (locks) => {
        const inner = await locks.withLock(['b', 'x'], async (lock) => {
          const entered = await locks.acquire('x');
          await lock.release();
          await nest(locks, 'a');
          return entered;
        });
        await inner.release();
      },
    ],
    ['a section that has ended', (locks) => nest(locks, 'b').then(() => nest(locks, 'a'))],
  ])('don’t count: %s', async (name, run) => {
    const { locks, warnings } = open('warn');
    // With a, then b, an order is known; re-entry is the order itself.
    if (name !== 'a key that is entered again') await nest(locks, 'a', 'b');
    await run(locks);
    expect(warnings).toEqual([]);
  });

  it('count where run() made a lock of acquire() the current one', async () => {
    const { locks, warnings } = open('warn');
    await nest(locks, 'a', 'b');
    const lock = await locks.acquire('b');
    await locks.run(lock, () => nest(locks, 'a'));
    await lock.release();
    expect(warnings).toHaveLength(1);
  });

  it('are not looked at where it is off, which it is for an engine by default', async () => {
    for (const mode of ['off', undefined] as const) {
      const { locks, warnings } = open(mode);
      await nest(locks, 'a', 'b');
      await nest(locks, 'b', 'a');
      expect(warnings).toEqual([]);
    }
  });

  it('are those of one service, and another has its own', async () => {
    const [one, other] = [open('warn'), open('warn')];
    await nest(one.locks, 'a', 'b');
    await nest(other.locks, 'b', 'a');
    await one.locks.withLock('a', () => nest(other.locks, 'b'));
    await other.locks.withLock('b', () => one.locks.withLock('x', () => nest(other.locks, 'y')));
    await nest(other.locks, 'y', 'x');
    await other.locks.withLock('a', () => nest(one.locks, 'b'));
    await one.locks.withLock('b', () => nest(other.locks, 'a'));
    await one.locks.withLock('a', () => nest(other.locks, 'b'));
    expect([...one.warnings, ...other.warnings]).toEqual([]);
  });
});

describe('what is remembered of orders', () => {
  it('are the pairs that were used last', () => {
    const { order, circles } = noted();
    order.asks(['old'], 'new');
    order.asks(['used'], 'often');
    for (let i = 0; i < 998; i++) order.asks([`held:${i}`], `asked:${i}`);
    order.asks(['used'], 'often');
    order.asks(['one'], 'more');
    order.asks(['new'], 'old');
    expect(circles).toEqual([]);
    order.asks(['often'], 'used');
    expect(circles).toEqual(['used']);
  });

  it('tells keys apart, whatever stands in them', () => {
    const { order, circles } = noted();
    order.asks(['ab'], 'c');
    order.asks(['a'], 'bc');
    order.asks(['c'], 'a');
    expect(circles).toEqual([]);
    order.asks(['bc'], 'a');
    expect(circles).toEqual(['a']);
  });

  it('is searched at once, however many ways lead through it', () => {
    const { order, circles } = noted();
    for (let i = 0; i < 44; i++) for (let j = i + 1; j < 44; j++) order.asks([`${i}`], `${j}`);
    order.asks(['none'], '0');
    expect(circles).toEqual([]);
    order.asks(['43'], 'none');
    expect(circles).toEqual(['none']);
  });

  it('is searched for circles of up to eight keys', () => {
    for (const [length, found] of [
      [8, 1],
      [9, 0],
    ] as const) {
      const { order, circles } = noted();
      for (let i = 1; i < length; i++) order.asks([`${i}`], `${i + 1}`);
      order.asks([`${length}`], '1');
      expect(circles).toHaveLength(found);
    }
  });
});
