/** S2, S3 for keys that are shared: a process that was frozen beyond its lease wakes up beside whoever came in since. */
import { Observer } from '../support/processes/observer.js';
import { Program, refusal } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const TTL = 1_000;

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl: TTL });
}

describe('a reader that wakes up after its lease is over', () => {
  it('knows that it lost, does nothing to the writer, and its late writes are refused', async () => {
    const [sleeper, writer] = await Promise.all([startHolder(), startHolder()]);
    const read = { mode: 'read' };
    const stale = await sleeper.ask<Held>('acquire', 'key', read);
    await Promise.all([sleeper.ask('acquire', 'a', read), sleeper.ask('acquire', 'b', read)]);
    await sleeper.pause();
    const [valid] = await Promise.all(['key', 'a', 'b'].map((key) => writer.ask<Held>('acquire', key)));
    expect(valid!.fencingToken).toBeGreaterThan(stale.fencingToken);
    expect(await writer.ask('write', 'key', valid!.fencingToken, 'after')).toBe(true);
    sleeper.resume();

    expect(await sleeper.ask('lock', 'key')).toMatchObject({ isHeld: false, reason: 'LOCK_LOST' });
    expect(await refusal(sleeper.ask('upgrade', 'a'))).toBe('LOCK_LOST');
    expect(await sleeper.ask('release', 'b')).toBe(false);
    expect(await sleeper.ask('write', 'key', stale.fencingToken, 'late')).toBe(false);
    for (const key of ['key', 'a', 'b']) {
      const { token, isHeld } = await writer.ask<Held>('lock', key);
      expect(isHeld).toBe(true);
      expect(await observer.inspect(key)).toMatchObject({ holders: [{ token }], waiting: [] });
    }
  });
});

describe('the holder of a permit that wakes up after its lease is over', () => {
  it('has lost its own only, and waits like any other for the next', async () => {
    const [sleeper, other] = await Promise.all([startHolder(), startHolder()]);
    const two = { concurrency: 2 };
    await sleeper.ask('acquire', 'permits', two, 'first');
    const steady = await other.ask<Held>('acquire', 'permits', two, 'steady');
    await sleeper.pause();
    const next = await other.ask<Held>('acquire', 'permits', two, 'next');
    sleeper.resume();
    expect(await sleeper.ask('lock', 'first')).toMatchObject({ isHeld: false, reason: 'LOCK_LOST' });
    const again = sleeper.ask<Held>('acquire', 'permits', two, 'again');
    const { holders } = await observer.queued('permits', 1);
    expect(holders.map(({ token }) => token).sort()).toEqual([steady.token, next.token].sort());
    await other.ask('release', 'steady');
    expect((await again).fencingToken).toBeGreaterThan(next.fencingToken);
    expect(await other.ask('lock', 'next')).toMatchObject({ isHeld: true });
  });
});
