/** What a store throws for a list, as each of its callers hears it: about his own key, with nothing of others. */
import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { LockOptionsError, LockUnavailableError } from '../../../lib/lock.errors.js';
import { bare, storeFailure } from '../../../lib/core/store-failure.js';
import { openLocks } from '../../support/fakes/locks.js';
import { advance, useFakeClock } from '../../support/fakes/fake-clock.js';

class ClientError extends Error {
  override name = 'ClientError';
}

/** As clients of Redis throw it: with the command that failed. */
function clientError(): ClientError {
  const command = { name: 'evalsha', args: ['lock:{secret-key}', 'secret-token'] };
  const options = { password: 'secret-password' };
  const cause = Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: 'redis://:secret@host' });
  return Object.assign(new ClientError('NOPERM no permission', { cause }), {
    code: 'NOPERM',
    errno: -111,
    command,
    options,
  });
}

/** Everything that can be reached from an error, hidden properties and causes included. */
function allOf(error: unknown): string {
  return [
    inspect(error, { showHidden: true, depth: Infinity, customInspect: false }),
    inspect(error, { showHidden: true, depth: Infinity }),
    JSON.stringify(error),
  ].join('\n');
}

describe('a failure of a store', () => {
  useFakeClock();

  it('keeps what its error says, and nothing that it carries', () => {
    const failure = storeFailure('key', clientError());
    expect(allOf(failure)).not.toContain('secret');
    expect(failure).toMatchObject({ key: 'key', cause: { name: 'ClientError', code: 'NOPERM', errno: -111 } });
    expect(failure.cause).toBeInstanceOf(ClientError);
    expect((failure.cause as Error).stack).toContain('store-failure.spec');
    expect((failure.cause as Error).cause).toMatchObject({ message: 'Invalid URL', code: 'ERR_INVALID_URL' });
    expect(JSON.parse(JSON.stringify(failure))).toMatchObject({
      name: 'LockUnavailableError',
      cause: { name: 'ClientError', message: 'NOPERM no permission', code: 'NOPERM' },
    });
  });

  it('leaves an error that carries nothing as it is', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', errno: -111, port: 6379 });
    expect(storeFailure('key', refused).cause).toBe(refused);
    for (const thrown of ['text', undefined, null, 5]) expect(bare(thrown)).toBe(thrown);
  });

  it('of a store that throws anything but errors says what they say', () => {
    const symbol = Symbol('secret');
    const hidden = Object.defineProperty(new Error('hidden'), 'command', { value: 'secret' });
    const thrown = [{ message: 'READONLY', command: 'secret' }, { secret: 'secret' }, () => 'secret', hidden];
    const odd = [Object.assign(new Error('odd'), { [symbol]: 'secret' }), new AggregateError([clientError()], 'many')];
    for (const each of [...thrown, ...odd]) expect(allOf(storeFailure('key', each))).not.toContain('secret');
    expect(storeFailure('key', thrown[0]).message).toContain('READONLY');
  });

  it('comes to an end with causes that go round', () => {
    const first = new Error('first');
    first.cause = Object.assign(new Error('second', { cause: first }), { command: 'secret' });
    expect(allOf(storeFailure('key', first))).not.toContain('secret');
  });

  it('about one key is not told to the caller of another', async () => {
    const { locks, store, heard } = openLocks();
    const failing = (): Promise<never> =>
      Promise.reject(
        new LockUnavailableError('The key secret is out of reach.', { key: 'secret', cause: clientError() }),
      );
    store.always('acquire', failing).always('touch', failing).always('release', failing);
    const errors = await Promise.allSettled([locks.acquire('a'), locks.acquire('b')]);
    await advance(0);
    const told = errors.map((each) => (each as PromiseRejectedResult).reason as LockUnavailableError);
    expect(told.map(({ code, key }) => [code, key])).toEqual([
      ['LOCK_UNAVAILABLE', 'a'],
      ['LOCK_UNAVAILABLE', 'b'],
    ]);
    expect([...told, ...heard('failed')].map(allOf).join('\n')).not.toContain('secret');
  });

  it.each(['acquire', 'touch', 'release'] as const)(
    'tells each caller and each event of its own key (%s)',
    async (during) => {
      const { locks, store, heard } = openLocks();
      const held = during === 'acquire' ? [] : [await locks.acquire('a'), await locks.acquire('b')];
      store.always(during, () => Promise.reject(clientError()));
      const calls =
        during === 'acquire'
          ? [locks.acquire('a'), locks.acquire('b')]
          : held.map((lock) => (during === 'touch' ? lock.renew() : lock.release()));
      const errors = await Promise.allSettled(calls);
      const told = errors.map((each) => (each as PromiseRejectedResult).reason as LockUnavailableError | undefined);
      if (during !== 'release') expect(told.map((error) => error!.key)).toEqual(['a', 'b']);
      expect(heard('failed').length).toBeGreaterThanOrEqual(2);
      for (const { key, error } of heard('failed')) expect(error.key).toBe(key);
      expect([...told, ...heard('failed')].map(allOf).join('\n')).not.toContain('secret');
    },
  );

  it('of an answer for one entry of a list is told without what it carries', async () => {
    const { locks, store, rival, heard } = openLocks({ wait: 3_000 });
    await rival.acquire('other', 'rival');
    const waiting = locks.acquire('other').catch((error: unknown) => error);
    await advance(0);
    store.always('acquire', async () => [{ state: 'unknown', error: clientError() }]);
    store.always('touch', async ({ requests }) => requests.map(() => ({ state: 'unknown', error: clientError() })));
    const refused = locks.acquire('refused').catch((error: unknown) => error);
    await advance(4_000);
    expect([await waiting, await refused, ...heard('failed')].map(allOf).join('\n')).not.toContain('secret');
    expect(heard('failed').length).toBeGreaterThan(1);
  });

  it('that is another error of the library says so as its cause', () => {
    const odd = new LockOptionsError('a bad option', { key: 'secret' });
    const failure = storeFailure('key', odd);
    expect(failure).toMatchObject({ code: 'LOCK_UNAVAILABLE', key: 'key', cause: { code: 'LOCK_OPTIONS' } });
    expect(allOf(failure)).not.toContain('secret');
  });
});
