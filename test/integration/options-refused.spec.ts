/** What is not an options object, no option, no section and no key is one clear error, and nothing is locked for it. */
import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  bindLocks,
  DistributedLockModule,
  getLockServiceToken,
  getLockStoreToken,
  InjectLockService,
  Locked,
  LockService,
} from 'nestjs-distributed-lock';
import type { Lock } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { start } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

/** Nobody checks types where this comes from. */
const any = <T>(value: unknown): T => value as T;
const NO_OBJECTS = [null, [], 'ttl', 5, true, () => undefined];

async function service(): Promise<LockService> {
  return (await start({ imports: [LockTestingModule.forRoot()] })).get(LockService);
}

const options = (run: () => unknown): Promise<Error> => refusal(run, 'LOCK_OPTIONS');

async function refusal(run: () => unknown, code: string): Promise<Error> {
  const error = await rejection(Promise.resolve().then(run));
  expect(error).toMatchObject({ code });
  return error;
}

describe('options of a call', () => {
  const calls: Record<string, (locks: LockService, given: object) => unknown> = {
    'acquire()': (locks, given) => locks.acquire('key', given),
    'tryAcquire()': (locks, given) => locks.tryAcquire('key', given),
    'withLock()': (locks, given) => locks.withLock('key', given, () => undefined),
  };

  describe.each(Object.entries(calls))('%s', (name, call) => {
    it.each([
      ['wiat', 'wait'],
      ['waitt', 'wait'],
      ['TTL', 'ttl'],
      ['autorenew', 'autoRenew'],
      ['maxhold', 'maxHold'],
      ['re-entrant', 'reentrant'],
    ])('with %j are refused, and %j is proposed', async (typed, meant) => {
      const locks = await service();
      const { message } = await options(() => call(locks, { ttl: '5s', [typed]: 0 }));
      expect(message).toContain(`"${typed}" is not an option of ${name}. Did you mean \`${meant}\`?`);
      for (const known of ['ttl', 'wait', 'autoRenew', 'maxHold', 'reentrant', 'fair', 'signal']) {
        expect(message).toContain(`\`${known}\``);
      }
      expect((await locks.inspect('key')).holders).toEqual([]);
    });

    it.each([
      ['timeout', 'Did you mean `wait`?'],
      ['expiry', 'Did you mean `ttl`?'],
      ['duration', 'Did you mean `ttl`?'],
      ['lease', 'Did you mean `ttl`?'],
      ['retryCount', 'Retries are not needed: waiters are told when the key is free'],
      ['retryDelay', 'Retries are not needed'],
    ])('with the name %j of another package are refused, and told what to do', async (typed, told) => {
      const { message } = await options(async () => call(await service(), { [typed]: 1 }));
      expect(message).toContain(`is not an option of ${name}. ${told}`);
    });

    it('with a name that is like no other are refused without a proposal', async () => {
      const locks = await service();
      for (const typed of ['constructor', '__proto__x', 'toString', '0', 'onBusy', 'instance', 'connection']) {
        expect((await options(() => call(locks, { [typed]: undefined }))).message).not.toContain('Did you mean');
      }
    });

    it.each(NO_OBJECTS.filter((value) => !(name === 'withLock()' && typeof value === 'function')))(
      'that are %p are refused',
      async (value) => void (await options(async () => call(await service(), any(value)))),
    );

    it('that are a signal instead of holding one are refused', async () => {
      const locks = await service();
      const { message } = await options(() => call(locks, new AbortController().signal));
      expect(message).toContain(`The options of ${name} were a signal`);
      expect(message).toContain('pass the signal as { signal }');
    });

    it('that are left out as undefined, or have undefined options, are fine', async () => {
      const locks = await service();
      for (const given of [undefined, {}, { ttl: undefined, signal: undefined }, Object.create(null)]) {
        const lock = (await call(locks, given)) as Lock | undefined;
        await lock?.release();
      }
    });

    it('that throw when they are read reject, and lock nothing', async () => {
      const locks = await service();
      const broken = Object.defineProperty({}, 'ttl', {
        enumerable: true,
        get: () => {
          throw new RangeError('broken');
        },
      });
      expect(await rejection(Promise.resolve().then(() => call(locks, broken)))).toBeInstanceOf(RangeError);
      expect((await locks.inspect('key')).holders).toEqual([]);
    });
  });

  it('of acquire() know no onLost; those of withLock() do', async () => {
    const locks = await service();
    await options(() => locks.acquire('key', any({ onLost: 'throw' })));
    await options(() => locks.tryAcquire('key', any({ onLost: 'throw' })));
    await locks.withLock('key', { onLost: 'throw' }, () => undefined);
  });

  it('of inherited properties count and are checked too', async () => {
    const locks = await service();
    await using lock = await locks.acquire('key', Object.create({ ttl: '3s' }) as object);
    expect(lock.ttl).toBe(3_000);
    await options(() => locks.acquire('key', any(Object.create({ tttl: '3s' }))));
  });

  it('reject instead of throwing', async () => {
    const locks = await service();
    for (const promise of [locks.acquire('key', any(null)), locks.tryAcquire('key', any(null))])
      await rejection(promise);
    await rejection(locks.withLock('key', any(null), () => undefined));
    await rejection(locks.withLock('key', any(null)));
  });

  it.each([{ aborted: false }, { addEventListener: () => undefined }, 5, null, {}, strictProxy()])(
    'with a signal that is none are refused: %#',
    async (signal) => void (await options(async () => (await service()).acquire('key', any({ signal })))),
  );
});

describe('a section that is none', () => {
  it.each([undefined, null, 'section', {}, Promise.resolve(), 5])(
    'is refused before anything is locked: %p',
    async (section) => {
      const locks = await service();
      const { message } = await options(() => locks.withLock('key', {}, any(section)));
      expect(message).toContain('withLock()');
      if (section !== undefined) await options(() => locks.withLock('key', any(section)));
      expect(locks.holds('key')).toBe(false);
      await using lock = await locks.acquire('key', { wait: 0 });
      await options(() => locks.run(lock, any(section)));
      expect(lock.isHeld).toBe(true);
    },
  );

  it('because the options stand behind it is refused', async () => {
    const locks = await service();
    const section = jest.fn();
    const { message } = await options(() => locks.withLock('key', any(section), any({ ttl: '5s' })));
    expect(message).toContain('before');
    expect(section).not.toHaveBeenCalled();
  });

  it('is not asked for where the options are undefined', async () => {
    expect(await (await service()).withLock('key', any(undefined), () => 5)).toBe(5);
  });
});

describe('a call about one key', () => {
  it.each([[['a']], [[]], [''], [5], [null], [{}], ['\ud800']])('refuses %p', async (key) => {
    const locks = await service();
    const run: Record<string, () => unknown> = {
      'inspect()': () => locks.inspect(any(key)),
      'forceRelease()': () => locks.forceRelease(any(key)),
      'holds()': () => locks.holds(any(key)),
      'current()': () => locks.current(any(key)),
      // It takes a lock as well.
      ...(typeof key !== 'object' && { 'renew()': () => locks.renew(any(key)) }),
    };
    await locks.withLock('a', async () => {
      for (const [name, call] of Object.entries(run)) expect((await refusal(call, 'LOCK_KEY')).message).toContain(name);
    });
  });
});

describe('options of the module', () => {
  const modules = {
    forRoot: (given: object) => DistributedLockModule.forRoot({ connection: 'memory', ...given }),
    'a factory': (given: object) =>
      DistributedLockModule.forRootAsync({ useFactory: () => ({ connection: 'memory', ...given }) }),
    LockTestingModule: (given: object) => LockTestingModule.forRoot(given),
  };

  it.each(Object.entries(modules))('of %s: unknown names are refused at start-up', async (_, register) => {
    for (const [given, shown] of [
      [{ prefx: 'app' }, '"prefx" is not an option of DistributedLockModule. Did you mean `prefix`?'],
      [{ conection: 'x' }, 'Did you mean `connection`?'],
      ...['url', 'redis', 'client'].map((typed) => [{ [typed]: 'x' }, 'Did you mean `connection`?'] as const),
      [{ shutdownGrave: 1 }, 'Did you mean `shutdownGrace`?'],
      [{ onLost: 'ignore' }, '"onLost" is not an option'],
      [{ signal: undefined }, '"signal" is not an option'],
      [
        { handOff: { cuont: 1 } },
        '"handOff.cuont" is not an option of DistributedLockModule. Did you mean `handOff.count`?',
      ],
      [{ handOff: [] }, '`handOff`'],
    ] as const) {
      expect((await options(() => start({ imports: [register(given)] }))).message).toContain(shown);
    }
  });

  it.each(NO_OBJECTS)('that are %p are refused at start-up', async (value) => {
    await options(() => start({ imports: [DistributedLockModule.forRoot(any(value))] }));
    await options(() => start({ imports: [DistributedLockModule.forRootAsync(any(value))] }));
    await options(() => start({ imports: [LockTestingModule.forRoot(any(value))] }));
    const useFactory = (): never => any(value);
    await options(() => start({ imports: [DistributedLockModule.forRootAsync({ useFactory })] }));
  });

  it('that are missing are refused at start-up', async () => {
    await options(() => start({ imports: [DistributedLockModule.forRoot(any(undefined))] }));
    await options(() => start({ imports: [DistributedLockModule.forRootAsync(any(undefined))] }));
    await options(() => start({ imports: [DistributedLockModule.forRootAsync(any({}))] }));
    await options(() => start({ imports: [DistributedLockModule.forRootAsync(any({ useFactory: {} }))] }));
    await options(() => start({ imports: [DistributedLockModule.forRootAsync({ useFactory: () => any(undefined) })] }));
  });

  it('of forRootAsync that belong to the factory, and the other way round, are refused', async () => {
    const useFactory = (): object => ({ connection: 'memory' });
    const beside = { useFactory, connection: 'memory' };
    const { message } = await options(() => start({ imports: [DistributedLockModule.forRootAsync(any(beside))] }));
    expect(message).toContain('"connection" is not an option of DistributedLockModule.forRootAsync()');
    for (const extra of [{ name: 'billing' }, { isGlobal: false }]) {
      const within = { useFactory: (): object => ({ ...useFactory(), ...extra }) };
      const error = await options(() => start({ imports: [DistributedLockModule.forRootAsync(within)] }));
      expect(error.message).toMatch(/beside the factory/);
    }
  });

  it.each(['', 5, null, {}, Symbol('name')])(
    'are refused with the name %p, which no token has either',
    async (name) => {
      const named = { name: any<string>(name) };
      await options(() => start({ imports: [DistributedLockModule.forRoot({ connection: 'memory', ...named })] }));
      await options(() => start({ imports: [LockTestingModule.forRoot(named)] }));
      for (const use of [getLockServiceToken, getLockStoreToken, InjectLockService]) {
        await options(() => use(any(name)));
      }
      await options(async () => bindLocks({}, await service(), any(name)));
      await options(() => Locked('key', { instance: any(name) }));
    },
  );

  it.each([0, 'yes', null])('are refused with isGlobal: %p', async (isGlobal) => {
    const given = { isGlobal: any<boolean>(isGlobal) };
    await options(() => start({ imports: [DistributedLockModule.forRoot({ connection: 'memory', ...given })] }));
  });

  it('are told before what else is missing for them', async () => {
    @Injectable()
    class Orders {
      constructor(readonly locks: LockService) {}
    }
    const bad = [{ connection: 'memory', ttll: 1 }, null, { connection: 'memory', name: '' }];
    for (const each of bad) {
      await options(() => start({ imports: [DistributedLockModule.forRoot(any(each))] }));
    }
    await options(() => start({ imports: [DistributedLockModule.forRoot(any(null))], providers: [Orders] }));
  });
});

describe('bindLocks', () => {
  it.each([undefined, null, 5, 'locks'])('refuses %p, as an object and as a service', async (value) => {
    const locks = await service();
    expect((await options(() => bindLocks(any({}), any(value)))).message).toContain('locks');
    expect((await options(() => bindLocks(any(value), locks))).message).toContain('object');
  });

  it('refuses an object that takes nothing more', async () => {
    const locks = await service();
    for (const object of [Object.freeze({}), strictProxy()]) {
      expect((await options(() => bindLocks(object, locks))).message).toContain('object');
    }
  });
});

describe('a missing module', () => {
  it('is told with what to import', async () => {
    @Injectable()
    class Needs {
      constructor(@InjectLockService('billing') readonly locks: LockService) {}
    }
    @Injectable()
    class Decorated {
      @Locked('key', { instance: 'billing' })
      async run(): Promise<void> {}
    }
    @Injectable()
    class Unnamed {
      @Locked('key')
      async run(): Promise<void> {}
    }
    for (const provider of [Needs, Decorated]) {
      const { message } = await rejection(start({ imports: [LockTestingModule.forRoot()], providers: [provider] }));
      expect(message).toMatch(/LockService named "billing".*import DistributedLockModule\.forRoot\(\{ name: "billing"/);
    }
    const { message } = await rejection(start({ providers: [Unnamed] }));
    expect(message).toMatch(/LockService for @Locked methods: import DistributedLockModule\.forRoot/);
  });
});

/** As an injected object of another package that works only inside of its own context. */
function strictProxy(): object {
  const refuse = (): never => {
    throw new Error('used outside of its context');
  };
  return new Proxy(
    {},
    { get: refuse, has: refuse, defineProperty: refuse, isExtensible: refuse, getPrototypeOf: refuse },
  );
}
