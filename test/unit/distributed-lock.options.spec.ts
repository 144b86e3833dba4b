/** The module's options: defaults, and a clear no at start-up. */
import { describe, expect, it } from '@jest/globals';
import { readModuleOptions } from '../../lib/distributed-lock.options.js';
import type { DistributedLockModuleOptions } from '../../lib/distributed-lock.options.js';
import { LockOptionsError } from '../../lib/lock.errors.js';
import { DEFAULT_SETTINGS } from '../../lib/core/settings.js';
import { FakeStore } from '../support/fakes/fake-store.js';

const read = (options: unknown): unknown => readModuleOptions(options as DistributedLockModuleOptions);

describe('the options of the module', () => {
  it('have defaults', () => {
    expect(read({ connection: 'memory' })).toEqual({
      settings: DEFAULT_SETTINGS,
      handOff: { count: 256, time: 20 },
      maxKeyBytes: 1_024,
      prefix: 'lock',
      commandTimeout: 5_000,
      shutdownGrace: 10_000,
      requireConnection: true,
      logger: true,
      application: {},
      lockOrder: 'warn',
      heartbeat: 'main',
    });
  });

  it('are what is said, in milliseconds', () => {
    const said = {
      prefix: 'app',
      commandTimeout: '1s',
      shutdownGrace: 0,
      requireConnection: true,
      logger: true,
      application: {},
      ttl: '5s',
      wait: Infinity,
      fair: true,
      handOff: { time: '1s' },
    };
    expect(read({ connection: 'memory', ...said })).toEqual({
      settings: { ...DEFAULT_SETTINGS, ttl: 5_000, wait: Infinity, fair: true },
      handOff: { count: 256, time: 1_000 },
      maxKeyBytes: 1_024,
      prefix: 'app',
      commandTimeout: 1_000,
      shutdownGrace: 0,
      requireConnection: true,
      logger: true,
      application: {},
      lockOrder: 'warn',
      heartbeat: 'main',
    });
  });

  it('may be text, as variables of the environment are', () => {
    const said = {
      ttl: '5000',
      wait: ' 2s ',
      maxHold: 'Infinity',
      lockDelay: '1 s',
      autoRenew: 'true',
      reentrant: ' false ',
      fair: 'true',
      commandTimeout: '1000',
      shutdownGrace: '0',
      maxKeyBytes: ' 512 ',
      requireConnection: 'false',
      logger: 'false',
      lockOrder: ' off\n',
      release: ' background',
      heartbeat: 'worker ',
      handOff: { count: '64', time: '10ms' },
    };
    expect(read({ connection: 'memory', ...said })).toMatchObject({
      settings: {
        ttl: 5_000,
        wait: 2_000,
        maxHold: Infinity,
        lockDelay: 1_000,
        autoRenew: true,
        reentrant: false,
        fair: true,
        release: 'background',
      },
      heartbeat: 'worker',
      commandTimeout: 1_000,
      shutdownGrace: 0,
      maxKeyBytes: 512,
      requireConnection: false,
      logger: false,
      lockOrder: 'off',
      handOff: { count: 64, time: 10 },
    });
  });

  it('are the defaults where a variable is missing', () => {
    const missing = { ttl: undefined, fair: undefined, maxKeyBytes: undefined, handOff: { count: undefined } };
    expect(read({ connection: 'memory', ...missing })).toEqual(read({ connection: 'memory' }));
  });

  it('may be frozen', () => {
    expect(read(Object.freeze({ connection: 'memory', fair: 'true' }))).toMatchObject({ settings: { fair: true } });
  });

  it('may come from the getters of a class', () => {
    class Options {
      connection = 'memory';
      get ttl(): string {
        return '5s';
      }
      get fair(): string {
        return 'true';
      }
    }
    expect(read(new Options())).toMatchObject({ settings: { ttl: 5_000, fair: true } });
  });

  it.each([
    ['ttl', ''],
    ['ttl', 'soon'],
    ['ttl', '30 sacks'],
    ['ttl', 'Infinity'],
    ['wait', 'undefined'],
    ['fair', 'yes'],
    ['fair', ''],
    ['autoRenew', '1'],
    ['requireConnection', 'TRUE'],
    ['maxKeyBytes', '1e3'],
    ['maxKeyBytes', ''],
    ['shutdownGrace', '10 seconds or so'],
  ])('are refused with their name and value where the text means nothing: %s %j', (name, value) => {
    const options = { connection: 'memory', [name]: value };
    expect(() => read(options)).toThrow(LockOptionsError);
    expect(() => read(options)).toThrow(new RegExp(`Invalid option \`${name}\`.* got "${value}"`));
  });

  it('ask whether seconds were meant by a bare number', () => {
    expect(() => read({ connection: 'memory', ttl: '30' })).toThrow("did you mean '30s'?");
  });

  it.each([
    [{ count: -1 }, 'handOff.count'],
    [{ count: 1.5 }, 'handOff.count'],
    [{ count: 1_024 }, 'handOff.count'],
    [{ count: '-64' }, 'handOff.count'],
    [{ count: 'many' }, 'handOff.count'],
    [{ time: -1 }, 'handOff.time'],
    [{ time: 'soon' }, 'handOff.time'],
    [null, 'handOff'],
    [64, 'handOff'],
  ])('refuse the hand-off budget %p and name the option', (handOff, name) => {
    expect(() => read({ connection: 'memory', handOff })).toThrow(LockOptionsError);
    expect(() => read({ connection: 'memory', handOff })).toThrow(`\`${name}\``);
  });

  it.each([
    ['redis://localhost:6379'],
    ['rediss://user:secret@redis.example:6380/1'],
    ['memory'],
    [{ host: 'localhost' }],
    [{ sentinels: [{ host: 'a', port: 26379 }], name: 'main' }],
  ])('accept the connection %p', (connection) => {
    expect(() => read({ connection })).not.toThrow();
  });

  it.each([[''], ['localhost:6379'], ['http://localhost'], ['Memory'], [null], [6379], [[]], [true]])(
    'refuse the connection %p and say what is allowed',
    (connection) => {
      expect(() => read({ connection })).toThrow(LockOptionsError);
      expect(() => read({ connection })).toThrow(/`connection`: expected .*redis:\/\/.*'memory'/);
    },
  );

  it('never show the password of a bad URL', () => {
    expect(() => read({ connection: 'http://user:secret@host' })).toThrow(/^(?!.*secret)/);
    expect(() => read({ connection: 'http://user:secret@host' })).not.toThrow(/secret/);
  });

  it('refuse two places to keep locks in', () => {
    expect(() => read({ connection: 'memory', store: new FakeStore() })).toThrow(/`store`/);
    expect(() => read({ store: new FakeStore() })).not.toThrow();
  });

  it('name what a store lacks', () => {
    expect(() => read({ store: {} })).toThrow('it lacks `start`, `stop`, `ping`, `acquire`');
    expect(() => read({ store: Object.assign(Object.create(new FakeStore()), { stop: 1 }) })).toThrow(
      '(it lacks `stop`)',
    );
    expect(() => read({ store: 'memory' })).toThrow(/`LockStore`, got/);
  });

  it.each([[{}], [null], ['memory'], [{ ...new FakeStore(), acquire: 1 }]])('refuse what is no store: %#', (store) => {
    expect(() => read({ store })).toThrow(/`store`.*LockStore/);
  });

  it.each([[''], ['{'], ['a{b'], ['{}'], [1], [null]])('refuse the prefix %p', (prefix) => {
    expect(() => read({ connection: 'memory', prefix })).toThrow(/`prefix`/);
  });

  it('accept a prefix that is a whole hash tag', () => {
    expect(read({ connection: 'memory', prefix: '{locks}' })).toMatchObject({ prefix: '{locks}' });
  });

  it.each(
    ['ttl', 'wait', 'maxHold', 'commandTimeout', 'shutdownGrace'].flatMap((name) =>
      [NaN, -1, '', '5 parsecs', null].map((value) => [name, value] as const),
    ),
  )('refuse %s: %p and name it', (name, value) => {
    expect(() => read({ connection: 'memory', [name]: value })).toThrow(LockOptionsError);
    expect(() => read({ connection: 'memory', [name]: value })).toThrow(`\`${name}\``);
  });

  it.each([
    ['commandTimeout', 0],
    ['commandTimeout', Infinity],
    ['shutdownGrace', Infinity],
    ['autoRenew', 'yes'],
    ['reentrant', 1],
  ])('refuse %s: %p', (name, value) => {
    expect(() => read({ connection: 'memory', [name]: value })).toThrow(`\`${name}\``);
  });

  it.each([undefined, null, 'redis://localhost', 1])('refuse %p instead of options', (options) => {
    expect(() => read(options)).toThrow(LockOptionsError);
  });
});

describe('maxKeyBytes', () => {
  it('is 1024 unless it is said otherwise', () => {
    expect(read({ connection: 'memory' })).toMatchObject({ maxKeyBytes: 1_024 });
    expect(read({ connection: 'memory', maxKeyBytes: 65_536 })).toMatchObject({ maxKeyBytes: 65_536 });
  });

  it.each([0, -1, 1.5, NaN, Infinity, 65_537, '64 B', null])('refuses %p', (maxKeyBytes) => {
    expect(() => read({ connection: 'memory', maxKeyBytes: maxKeyBytes as number })).toThrow(/`maxKeyBytes`/);
  });
});

describe('heartbeat', () => {
  it.each(['main', 'worker'])('may be %p', (heartbeat) => {
    expect(read({ connection: 'memory', heartbeat })).toMatchObject({ heartbeat });
  });

  it.each(['thread', 'MAIN', '', true, null, 0, {}])('refuses %p', (heartbeat) => {
    expect(() => read({ connection: 'memory', heartbeat })).toThrow(LockOptionsError);
    expect(() => read({ connection: 'memory', heartbeat })).toThrow(/`heartbeat`: expected 'main' or 'worker'/);
  });
});

describe('lockOrder', () => {
  it('warns unless it is said otherwise, and not in production', () => {
    const { NODE_ENV } = process.env;
    try {
      for (const [env, lockOrder] of [
        ['development', 'warn'],
        ['', 'warn'],
        ['production', 'off'],
      ] as const) {
        process.env['NODE_ENV'] = env;
        expect(read({ connection: 'memory' })).toMatchObject({ lockOrder });
        expect(read({ connection: 'memory', lockOrder: 'throw' })).toMatchObject({ lockOrder: 'throw' });
      }
    } finally {
      process.env['NODE_ENV'] = NODE_ENV;
    }
  });

  it.each(['error', 'WARN', '', true, false, null, 0, {}])('refuses %p', (lockOrder) => {
    expect(() => read({ connection: 'memory', lockOrder })).toThrow(LockOptionsError);
    expect(() => read({ connection: 'memory', lockOrder })).toThrow(/`lockOrder`: expected 'warn', 'throw' or 'off'/);
  });
});
