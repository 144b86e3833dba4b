/** S2: no timer runs while the event loop is blocked, so a lock is believed in by the clock alone. */
import { Observer } from '../support/processes/observer.js';
import { Program, refusal } from '../support/processes/program.js';
import type { Held, StoodStill } from '../support/processes/held.js';

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(ttl: number): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl });
}

describe('an event loop that is blocked', () => {
  it('for longer than the ttl: the lock is lost before any timer could say so', async () => {
    const [holder, other] = await Promise.all([startHolder(500), startHolder(10_000)]);
    await holder.ask('acquire', 'key');
    const next = other.ask<Held>('acquire', 'key');
    const stood = await holder.ask<StoodStill>('block', 'key', 1_500);
    expect(stood).toEqual({ isHeld: false, aborted: true, timerRan: false });
    expect(await holder.ask('release', 'key')).toBe(false);
    expect((await observer.inspect('key')).holders[0]?.token).toBe((await next).token);
  });

  it('for longer than the ttl: a method that got to its end all the same fails with LockLostError', async () => {
    const holder = await startHolder(500);
    expect(await refusal(holder.ask('blockMethod', 'method', 1_000))).toBe('LOCK_LOST');
  });

  it('for less than the ttl: the lock is still held, and renewed at once', async () => {
    const ttl = 4_000;
    const holder = await startHolder(ttl);
    const { token, expiresAt } = await holder.ask<Held>('acquire', 'key-2');
    // Longer than a third of the ttl, after which the renewal is due.
    const stood = await holder.ask<StoodStill>('block', 'key-2', ttl / 2);
    expect(stood).toEqual({ isHeld: true, aborted: false, timerRan: false });
    await holder.next('renewed');
    const after = await holder.ask<Held>('lock', 'key-2');
    expect(after).toMatchObject({ token, isHeld: true, reason: null });
    expect(after.expiresAt).toBeGreaterThan(expiresAt);
    expect((await observer.inspect('key-2')).holders[0]?.token).toBe(token);
    await holder.ask('release', 'key-2');
  });
});
