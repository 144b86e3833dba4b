/**
 * S2, S3: a process that was frozen (a stopped container, a virtual machine that moved) wakes up after its lease is
 * over, and somebody else has the key.
 */
import { Observer } from '../support/processes/observer.js';
import { Program, refusal } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const TTL = 1_000;

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl: TTL });
}

describe('a process that wakes up after its lease is over', () => {
  it('knows that it lost, does nothing to the next holder, and its late writes are refused', async () => {
    const [sleeper, other] = await Promise.all([startHolder(), startHolder()]);
    const stale = await sleeper.ask<Held>('acquire', 'key');
    const [byHand, atRelease] = [await sleeper.ask<Held>('acquire', 'a'), await sleeper.ask<Held>('acquire', 'b')];
    expect(await sleeper.ask('write', 'key', stale.fencingToken, 'before')).toBe(true);

    await sleeper.pause();
    const valid = await other.ask<Held>('acquire', 'key');
    await Promise.all([other.ask('acquire', 'a'), other.ask('acquire', 'b')]);
    expect(valid.fencingToken).toBeGreaterThan(stale.fencingToken);
    expect(await other.ask('write', 'key', valid.fencingToken, 'after')).toBe(true);
    sleeper.resume();

    expect(await sleeper.ask('lock', 'key')).toMatchObject({ isHeld: false, reason: 'LOCK_LOST' });
    expect(await refusal(sleeper.ask('renew', 'a'))).toBe('LOCK_LOST');
    expect(await sleeper.ask('release', 'b')).toBe(false);
    expect(await sleeper.ask('write', 'key', stale.fencingToken, 'late')).toBe(false);
    for (const { token } of [stale, byHand, atRelease]) {
      await sleeper.next<{ token: string }>('lost', (lost) => lost.token === token);
    }

    for (const key of ['key', 'a', 'b']) {
      const { token } = await other.ask<Held>('lock', key);
      expect(await observer.inspect(key)).toMatchObject({ holders: [{ token }], waiting: [] });
      await other.ask('renew', key);
    }
    expect(await other.ask('write', 'key', valid.fencingToken, 'again')).toBe(true);
  });

  it('has its locked method fail with LockLostError', async () => {
    const [sleeper, other] = await Promise.all([startHolder(), startHolder()]);
    const outcome = refusal(sleeper.ask('run', 'method'));
    await sleeper.next('running');
    await sleeper.pause();
    await other.ask('acquire', 'method');
    sleeper.resume();
    await sleeper.ask('end', 'method');
    expect(await outcome).toBe('LOCK_LOST');
    const { token } = await other.ask<Held>('lock', 'method');
    expect((await observer.inspect('method')).holders[0]?.token).toBe(token);
  });
});

describe('a process that wakes up in line', () => {
  it('after its grant lapsed joins the line again, at its end', async () => {
    const [holder, sleeper, other] = await Promise.all([startHolder(), startHolder(), startHolder()]);
    await holder.ask('acquire', 'line');
    const late = sleeper.ask<Held>('acquire', 'line');
    const [place] = (await observer.queued('line', 1)).waiting;
    await sleeper.pause();
    await holder.ask('release', 'line');
    expect((await observer.inspect('line')).holders[0]?.token).toBe(place);

    const valid = await other.ask<Held>('acquire', 'line');
    sleeper.resume();
    const { waiting } = await observer.queued('line', 1);
    expect(waiting).not.toContain(place);
    expect((await observer.inspect('line')).holders[0]?.token).toBe(valid.token);
    await other.ask('release', 'line');
    expect((await late).fencingToken).toBeGreaterThan(valid.fencingToken);
    expect((await late).token).toBe(waiting[0]);
  });
});
