/** `release: 'background'`: a section goes on when its release was sent, and what the answer says is not lost. */
import { describe, expect, it } from '@jest/globals';
import { failing, Gate } from '../../support/fakes/fake-store.js';
import { openLocks, outcomeOf } from '../../support/fakes/locks.js';
import { until } from '../../support/waiting.js';

/** All that waits for nothing but its turn has run. */
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const BACKGROUND = { release: 'background', ttl: 60_000 } as const;

describe('a release in the background', () => {
  it('lets the section go on when it is sent, and is sent before that', async () => {
    const { locks, store } = openLocks(BACKGROUND);
    const gate = new Gate<'release'>();
    store.next('release', gate.after);
    expect(await locks.withLock('key', async () => 5)).toBe(5);
    expect(store.sent('release')).toMatchObject([{ key: 'key' }]);
    gate.open();
  });

  it('is asked for by one call, or kept by one from the module’s default', async () => {
    const { locks, store } = openLocks(BACKGROUND);
    const gate = new Gate<'release'>();
    store.next('release', gate.after);
    const awaited = outcomeOf(locks.withLock('key', { release: 'awaited' }, async () => 1));
    await until(() => gate.isTaken);
    await flush();
    expect(awaited.state).toBe('pending');
    gate.open();
    await until(() => awaited.state === 'resolved');
  });

  it.each([
    ['an error of the section', (locks) => locks.withLock('key', () => Promise.reject(new RangeError('own')))],
    ['an outcome of tryWithLock', (locks) => locks.tryWithLock('key', async () => 1)],
    ['several keys', (locks) => locks.withLock(['a', 'b', { key: 'c', mode: 'read' }], async () => 1)],
    [
      'await using',
      async (locks) => {
        await using lock = await locks.acquire('key');
        return lock.isHeld;
      },
    ],
  ] as const satisfies readonly [string, (locks: ReturnType<typeof openLocks>['locks']) => Promise<unknown>][])(
    'is not waited for by %s',
    async (_, use) => {
      const { locks, store, heard } = openLocks(BACKGROUND);
      const gates = ['a', 'b', 'c'].map(() => new Gate<'release'>());
      for (const gate of gates) store.next('release', gate.after);
      await use(locks).catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
      const sent = store.sent('release').length;
      expect(heard('released')).toEqual([]);
      for (const gate of gates.slice(0, sent)) gate.open();
      await until(() => heard('released').length === sent);
    },
  );

  it('is waited for where it is called by hand', async () => {
    const { locks, store } = openLocks(BACKGROUND);
    const lock = await locks.acquire('key');
    const gate = new Gate<'release'>();
    store.next('release', gate.after);
    const released = outcomeOf(lock.release());
    await flush();
    expect(released.state).toBe('pending');
    gate.open();
    await until(() => released.state === 'resolved');
    expect(released.value).toBe(true);
  });

  it('makes an event of a loss that only its answer tells', async () => {
    const { locks, store, rival, heard } = openLocks(BACKGROUND);
    const taken = locks.withLock('key', async (lock) => {
      await store.server.release([{ key: 'key', token: lock.token }]);
      await rival.acquire('key', 'rival');
      return 'done';
    });
    expect(await taken).toBe('done');
    await until(() => heard('lost').length === 1);
    expect(heard('lost')[0]).toMatchObject({ key: 'key', error: { code: 'LOCK_LOST' } });
    expect(heard('released')).toEqual([]);
  });

  it('still rejects where the loss is known by then', async () => {
    const { locks } = openLocks(BACKGROUND);
    const lost = locks.withLock('key', async (lock) => {
      await locks.forceRelease('key');
      return lock.isHeld;
    });
    await expect(lost).rejects.toMatchObject({ code: 'LOCK_LOST', reason: 'forced', result: false });
  });

  it('leaves nothing unhandled where it fails, and is tried again', async () => {
    const { locks, store, heard } = openLocks(BACKGROUND);
    store.next('release', failing);
    expect(await locks.withLock('key', async () => 1)).toBe(1);
    await until(async () => (await store.look('key')).holders.length === 0);
    expect(heard('failed')).toMatchObject([{ during: 'release' }]);
  });

  it('is waited for by the shutdown', async () => {
    const { locks, store, engine } = openLocks(BACKGROUND);
    const gate = new Gate<'release'>();
    store.next('release', gate.after);
    await locks.withLock('key', async () => 1);
    const closed = outcomeOf(engine.close());
    await flush();
    expect(closed.state).toBe('pending');
    gate.open();
    await until(() => closed.state === 'resolved');
  });

  it('keeps no caller from the key that comes at once, though it does not wait', async () => {
    const { locks } = openLocks(BACKGROUND);
    for (let i = 0; i < 100; i++) expect(await locks.withLock('key', { wait: 0 }, async () => i)).toBe(i);
  });

  it.each(['Background', '', null, true, 0])('is not what %j asks for', async (release) => {
    const { locks, store } = openLocks();
    const refused = locks.withLock('key', { release: release as 'awaited' }, async () => 1);
    await expect(refused).rejects.toMatchObject({ code: 'LOCK_OPTIONS', message: expect.stringContaining('release') });
    expect(store.calls).toEqual([]);
  });
});
