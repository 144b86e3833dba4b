/** `unless` of `@Locked`: a method whose result is there already does not run, and one that has waited looks again. */
import { Injectable } from '@nestjs/common';
import { of } from 'rxjs';
import { LockBusyError, Locked, LockOptionsError, LockService, MemoryLockStore } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions, LockDefaults } from 'nestjs-distributed-lock';
import { startWith } from '../../support/apps/apps.js';
import { deferred, isFree, keyBecomes, rejection } from '../../support/waiting.js';

const STORES: readonly [string, () => DistributedLockModuleOptions][] = [
  ['Redis', () => ({})],
  ['memory', () => ({ store: new MemoryLockStore(), connection: undefined })],
];

@Injectable()
class Rates {
  readonly cache = new Map<string, string>();
  readonly asked: string[] = [];
  bodies = 0;
  begun = deferred();
  goOn = deferred();

  constructor(readonly locks: LockService) {}

  @Locked('rates:<0>', {
    async unless(this: Rates, day: string) {
      this.asked.push(this.locks.holds(`rates:${day}`) ? 'under the lock' : 'before');
      if (day === 'bad') throw new RangeError('no cache');
      if (day === 'busy') throw new LockBusyError('of the cache', { key: 'cache' });
      return this.cache.get(day);
    },
    onBusy: 'skip',
  })
  async load(day: string): Promise<string | undefined> {
    this.bodies++;
    this.begun.resolve();
    await this.goOn.promise;
    if (day === 'failing' && this.bodies === 1) throw new RangeError('no rates');
    this.cache.set(day, `rates of ${day}`);
    return `rates of ${day}`;
  }
}

describe.each(STORES)('a method with unless, on %s', (_, storeOptions) => {
  const startRates = (more: LockDefaults = {}): Promise<Rates> => startWith(Rates, { ...storeOptions(), ...more });

  it('does not run where its result is there, and locks nothing', async () => {
    const rates = await startRates();
    const events: string[] = [];
    rates.locks.events$.subscribe(({ type }) => events.push(type));
    rates.cache.set('monday', 'cached');
    expect(await rates.load('monday')).toBe('cached');
    expect([rates.bodies, rates.asked, events]).toEqual([0, ['before'], []]);
  });

  it('runs once for all calls that come at the same time', async () => {
    const rates = await startRates();
    const calls = Array.from({ length: 20 }, () => rates.load('monday'));
    await rates.begun.promise;
    rates.goOn.resolve();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['rates of monday']));
    expect([rates.bodies, rates.asked.filter((when) => when === 'under the lock').length]).toEqual([1, 20]);
    await keyBecomes(rates.locks, 'rates:monday', isFree);
  });

  it('runs for the next call where the first has failed', async () => {
    const rates = await startRates();
    rates.goOn.resolve();
    const calls = [rejection(rates.load('failing')), rates.load('failing')] as const;
    expect([(await calls[0]).message, await calls[1], rates.bodies]).toEqual(['no rates', 'rates of failing', 2]);
  });

  it('does what onBusy says where another has the key, and passes on what unless throws', async () => {
    const rates = await startRates({ wait: 0 });
    const lock = await rates.locks.acquire('rates:monday');
    expect(await rates.locks.outside(() => rates.load('monday'))).toBeUndefined();
    await lock.release();
    expect(await rejection(rates.load('bad'))).toBeInstanceOf(RangeError);
    expect(await rejection(rates.load('busy'))).toMatchObject({ code: 'LOCK_BUSY', key: 'cache' });
    expect(rates.bodies).toBe(0);
  });
});

describe('unless', () => {
  it('is refused when the class is defined, unless it is a function, above a method that returns a promise', () => {
    expect(() => Locked('key', { unless: 5 as never })).toThrow(/Invalid option `unless`/);
    const above = (method: string, value: () => unknown, returns?: 'observable'): void => {
      const decorator = Locked('key', { unless: () => 1, returns } as never) as MethodDecorator;
      decorator({ constructor: Rates }, method, { value });
    };
    expect(() => above('stream', () => of(1), 'observable')).toThrow(LockOptionsError);
    expect(() => above('steps', async function* () {})).toThrow(/Rates\.steps: the option `unless` needs a method/);
    expect(() => above('load', async () => 1)).not.toThrow();
  });
});
