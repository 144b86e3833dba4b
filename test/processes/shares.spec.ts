/** The rule of admission between processes: callers that disagree on how many may come in, and readers that upgrade. */
import { Observer } from '../support/processes/observer.js';
import { Program, refusal } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl: 10_000 });
}

describe('processes that disagree on how many may come in', () => {
  it('get the smallest of the numbers that meet, for as long as whoever named it is there', async () => {
    const [wide, narrow] = await Promise.all([startHolder(), startHolder()]);
    for (const name of ['1', '2', '3']) await wide.ask('acquire', 'key', { concurrency: 5 }, name);
    const third = narrow.ask<Held>('acquire', 'key', { concurrency: 3 }, 'narrow');
    await observer.queued('key', 1);
    await wide.ask('release', '1');
    await third;
    // Three are inside, and one of them says that there may be no more.
    expect(await refusal(wide.ask('acquire', 'key', { concurrency: 5, wait: 0 }, '4'))).toBe('LOCK_BUSY');
    const fourth = wide.ask<Held>('acquire', 'key', { concurrency: 5 }, '4');
    const fifth = wide.ask<Held>('acquire', 'key', { concurrency: 5 }, '5');
    await observer.becomes('key', ({ waiting }) => waiting.length > 0);
    await narrow.ask('release', 'narrow');
    await Promise.all([fourth, fifth]);
    expect((await observer.inspect('key')).holders).toHaveLength(4);
  });

  it('let a heavy one wait, and overtake it with no light one', async () => {
    const [a, b] = await Promise.all([startHolder(), startHolder()]);
    await a.ask('acquire', 'heavy', { concurrency: 4, weight: 3 }, 'three');
    const heavy = b.ask<Held>('acquire', 'heavy', { concurrency: 4, weight: 2 }, 'two');
    await observer.queued('heavy', 1);
    expect(await refusal(a.ask('acquire', 'heavy', { concurrency: 4, wait: 0 }, 'one'))).toBe('LOCK_BUSY');
    await a.ask('release', 'three');
    await heavy;
    await a.ask('acquire', 'heavy', { concurrency: 4, wait: 0 }, 'one');
  });
});

describe('two readers of two processes that both upgrade', () => {
  it('do not wait for each other: one is told so at once, the other becomes the writer when it leaves', async () => {
    const [a, b] = await Promise.all([startHolder(), startHolder()]);
    const readers = await Promise.all([a, b].map((each) => each.ask<Held>('acquire', 'race', { mode: 'read' })));
    const upgrades = [a, b].map((each) =>
      each.ask<Held>('upgrade', 'race').then(
        (lock) => ({ each, lock }),
        (error: { code: string }) => ({ each, code: error.code }),
      ),
    );
    const first = await Promise.race(upgrades);
    expect(first).toMatchObject({ code: 'LOCK_BUSY' });
    // It is a reader as before, and the other has to wait for it; a newcomer for both.
    expect(await first.each.ask('lock', 'race')).toMatchObject({ isHeld: true, mode: 'read' });
    // One that does not join its lease, as readers may for a moment.
    const fair = { mode: 'read', fair: true, wait: 0 };
    expect(await refusal(first.each.ask('acquire', 'race', fair, 'new'))).toBe('LOCK_BUSY');
    await first.each.ask('release', 'race');
    const [second] = (await Promise.all(upgrades)).filter((outcome) => 'lock' in outcome);
    expect(second!.lock).toMatchObject({ mode: 'write', isHeld: true });
    expect(second!.lock.fencingToken).toBeGreaterThan(Math.max(...readers.map(({ fencingToken }) => fencingToken)));
    // A downgrade lets readers in, under the writer's number.
    const reader = first.each.ask<Held>('acquire', 'race', { mode: 'read' });
    await observer.queued('race', 1);
    const { fencingToken } = await second!.each.ask<Held>('downgrade', 'race');
    expect(fencingToken).toBe(second!.lock.fencingToken);
    expect((await reader).fencingToken).toBeGreaterThan(fencingToken);
  });
});
