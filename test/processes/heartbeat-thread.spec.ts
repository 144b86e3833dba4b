/** `heartbeat: 'worker'`: a section that blocks the event loop keeps its lock, as long as a lock may be kept at all. */
import { Observer } from '../support/processes/observer.js';
import { recordName } from '../../lib/stores/redis/redis-keys.js';
import { Program } from '../support/processes/program.js';

const TTL = 600;

interface Computed {
  /** For how long it was held, without a gap. */
  readonly heldMs: number;
  readonly cameBack: boolean;
  /** Whether it was held at the end. */
  readonly isHeld: boolean;
}

const observer = new Observer();
afterAll(() => observer.close());

function start(settings: object = {}): Promise<Program> {
  return Program.start('computer', { url: observer.url, prefix: observer.prefix, ttl: TTL, ...settings });
}

describe('a section that blocks the event loop', () => {
  it('for three ttls from its first line on keeps its lock, and no other process gets it', async () => {
    const [holder, other] = await Promise.all([start(), start()]);
    const section = holder.ask<Computed>('section', 'key', 3 * TTL);
    await holder.next('acquired');
    const { token } = await other.ask<{ token: string }>('acquire', 'key', { wait: '30s' });
    expect(await section).toMatchObject({ cameBack: false, isHeld: true });
    expect((await observer.inspect('key')).holders).toMatchObject([{ token }]);
    const next = holder.ask<Computed>('section', 'key', 2 * TTL, { wait: '30s' });
    await observer.queued('key', 1);
    await other.ask('release', 'key');
    expect(await next).toMatchObject({ cameBack: false, isHeld: true });
    expect(holder.told.filter(({ event }) => event === 'lost')).toEqual([]);
  });

  it('for longer than maxHold loses it at the latest a ttl after that, and one that was taken away at once', async () => {
    const holder = await start();
    const maxHold = 1.5 * TTL;
    await holder.ask('acquire', 'stuck', { maxHold });
    const { heldMs, cameBack, isHeld } = await holder.ask<Computed>('compute', 'stuck', 3 * TTL);
    expect({ cameBack, isHeld }).toEqual({ cameBack: false, isHeld: false });
    expect(heldMs).toBeGreaterThan(TTL);
    expect(heldMs).toBeLessThan(maxHold + TTL);
    const { text } = await holder.next<{ text: string }>('lost');
    expect(text).toContain('maxHold');
    // One that was taken away is not held as soon as the thread knows.
    await holder.ask('acquire', 'taken');
    const computed = holder.ask<Computed>('compute', 'taken', 1.5 * TTL);
    await observer.client.del(recordName(observer.prefix, 'taken'));
    const taken = await computed;
    expect(taken.isHeld).toBe(false);
    expect(taken.heldMs).toBeLessThan(TTL);
    await holder.next<{ key: string }>('lost', ({ key }) => key === 'taken');
  });

  it('keeps it after a renewal by hand for more and for less, an upgrade and a downgrade', async () => {
    const holder = await start();
    await holder.ask('acquire', 'by hand');
    for (const ttl of [1.5 * TTL, TTL]) {
      await holder.ask('renew', 'by hand', ttl);
      expect(await holder.ask('compute', 'by hand', 1.5 * ttl)).toMatchObject({ cameBack: false, isHeld: true });
    }
    expect(await holder.ask('release', 'by hand')).toBe(true);
    await holder.ask('acquire', 'converted', { mode: 'read' });
    for (const conversion of ['upgrade', 'downgrade']) {
      await holder.ask(conversion, 'converted');
      expect(await holder.ask('compute', 'converted', 1.5 * TTL)).toMatchObject({ isHeld: true });
    }
    expect(await holder.ask('release', 'converted')).toBe(true);
  });

  it('keeps a hundred, of several instances, with one thread', async () => {
    const holder = await start({ instances: 3 });
    await holder.ask('many', 100);
    await holder.ask('everywhere', 'each');
    expect(await holder.ask('threads')).toBe(1);
    expect(await holder.ask('computeAll', 2 * TTL)).toBe(103);
    await holder.ask('close');
    expect(await holder.ask('threads')).toBe(0);
  });
});

describe('a process that is stopped', () => {
  it('loses its lock while its thread is stopped as well, and neither thread takes it back', async () => {
    const [holder, other] = await Promise.all([start(), start()]);
    await holder.ask('acquire', 'stopped');
    const computed = holder.ask<Computed>('compute', 'stopped', 3 * TTL);
    await holder.pause();
    const { token } = await other.ask<{ token: string }>('acquire', 'stopped', { wait: '30s' });
    holder.resume();
    expect(await computed).toMatchObject({ cameBack: false, isHeld: false });
    expect((await holder.next<{ code: string }>('lost')).code).toBe('LOCK_LOST');
    expect((await observer.inspect('stopped')).holders).toMatchObject([{ token }]);
    expect(await holder.ask('release', 'stopped')).toBe(false);
  });
});

describe('a thread that ends', () => {
  it('leaves its leases to the main thread, which says so once', async () => {
    const holder = await start({ instances: 2 });
    await holder.ask('acquire', 'left');
    await holder.ask('everywhere', 'left');
    const { expiresAt } = await holder.ask<{ expiresAt: number }>('lock', 'left');
    await holder.ask('killThreads');
    await holder.next('renewed');
    const after = await holder.ask<{ isHeld: boolean; expiresAt: number }>('lock', 'left');
    expect(after.isHeld).toBe(true);
    expect(after.expiresAt).toBeGreaterThan(expiresAt);
    await holder.ask('acquire', 'later');
    expect(await holder.ask('threads')).toBe(0);
    const warnings = holder.told.filter(({ event }) => event === 'warn').map(({ data }) => data);
    expect(warnings).toEqual(Array(2).fill(expect.stringContaining('The heartbeat thread has ended')));
    // Without it, blocking costs the lock.
    expect(await holder.ask('compute', 'left', 1.2 * TTL)).toMatchObject({ isHeld: false });
  });
});
