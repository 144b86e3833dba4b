/** L1, L4: a process that is killed delays the others by what remains of its lease or its claim, and by no more. */
import { Observer } from '../support/processes/observer.js';
import { timed } from '../support/waiting.js';
import { Program } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const TTL = 1_500;
const CLAIM_WINDOW = 2_000;
const NOTICED_WITHIN = 500;
/** For a machine that is busy with something else. */
const MARGIN = 3_000;

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl: TTL });
}

describe('a process that is killed while it holds a lock', () => {
  it('is followed by the waiter of another process once its lease is over, and no sooner', async () => {
    const [holder, waiter] = await Promise.all([startHolder(), startHolder()]);
    const first = await holder.ask<Held>('acquire', 'key');
    expect(await holder.ask('write', 'key', first.fencingToken, 'first')).toBe(true);
    const next = waiter.ask<Held>('acquire', 'key');
    await observer.queued('key', 1);
    const { expiresAt } = await holder.ask<Held>('lock', 'key');
    const delay = await timed(async () => {
      await holder.kill();
      await next;
    });
    expect(delay).toBeLessThan(TTL + NOTICED_WITHIN + MARGIN);
    const second = await next;
    expect(second.acquiredAt).toBeGreaterThanOrEqual(expiresAt);
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken);
    expect(await waiter.ask('lock', 'key')).toMatchObject({ isHeld: true });
    expect(await waiter.ask('write', 'key', second.fencingToken, 'second')).toBe(true);
    expect(await waiter.ask('write', 'key', first.fencingToken, 'late')).toBe(false);
  });
});

describe('waiters that are killed', () => {
  it('are passed over at the release once their place in line is older than three heartbeats', async () => {
    const [holder, dead, waiter] = await Promise.all([startHolder(), startHolder(), startHolder()]);
    await holder.ask('acquire', 'place');
    void dead.ask('acquire', 'place');
    const [first] = (await observer.queued('place', 1)).waiting;
    const next = waiter.ask<Held>('acquire', 'place');
    const second = (await observer.queued('place', 2)).waiting[1]!;
    await dead.kill();
    await observer.becomes('place', ({ waiting }) => !waiting.includes(first!));
    await holder.ask('release', 'place');
    expect((await observer.inspect('place')).holders[0]?.token).toBe(second);
    expect((await next).token).toBe(second);
  });

  it('at the head of the line delay it by a claim window each, at most', async () => {
    const [key, count] = ['head', 2];
    const [holder, dead, waiter] = await Promise.all([startHolder(), startHolder(), startHolder()]);
    await holder.ask('acquire', key);
    for (let i = 1; i <= count; i++) {
      void dead.ask('acquire', key, { fair: true });
      await observer.queued(key, i);
    }
    const next = waiter.ask<Held>('acquire', key);
    const { waiting } = await observer.queued(key, count + 1);
    await dead.kill();
    const delay = await timed(async () => {
      await holder.ask('release', key);
      // The release passed the key to a waiter that can't take it any more.
      expect((await observer.inspect(key)).holders[0]?.token).toBe(waiting[0]);
      await next;
    });
    expect((await next).token).toBe(waiting[count]);
    expect(delay).toBeLessThan(count * (CLAIM_WINDOW + NOTICED_WITHIN) + MARGIN);
  });
});
