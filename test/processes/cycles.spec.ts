/** L8: nothing is left of ten thousand locks that were taken, waited for, cancelled, entered again and lost. */
import { isFree, until } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';

interface Counts {
  readonly heap: number;
  readonly timers: number;
  readonly listeners: number;
  readonly remembered: number;
}

const WARM_UP = 2_000;
const CYCLES = 10_000;
/** The least that a cycle could leave behind, a token and a timer or a listener, would be more. */
const BYTES_PER_CYCLE = 150;

const observer = new Observer();
afterAll(() => observer.close());

describe('10 000 cycles', () => {
  it('leave no timer, no listener, no entry, no key without expiry, and no memory', async () => {
    const program = await Program.start('cycles', { url: observer.url, prefix: observer.prefix });
    await program.ask('cycles', WARM_UP);
    const before = await program.ask<Counts>('count');
    await program.ask('cycles', CYCLES);
    const after = await program.ask<Counts>('count');

    expect({ ...after, heap: 0 }).toEqual({ ...before, heap: 0 });
    expect(after).toMatchObject({ timers: 0, remembered: 0 });
    expect(after.heap - before.heap).toBeLessThan(CYCLES * BYTES_PER_CYCLE);

    const expiries = await observer.expiries();
    expect(expiries.length).toBeGreaterThan(0);
    expect(expiries.filter(({ left }) => left <= 0)).toEqual([]);
    // As many records as there were keys, and nothing beside them.
    expect(expiries.filter(({ name }) => /:(line|seen)$/.test(name))).toEqual([]);
    expect(isFree(await observer.inspect('lane 0'))).toBe(true);

    // The count does see what is there.
    await program.ask('hold');
    await until(async () => (await program.ask<Counts>('count')).remembered > after.remembered);
  });
});
