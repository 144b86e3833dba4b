/** L1 for keys that are shared: who is killed keeps its own share until its own lease ends, whatever the others do. */
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const TTL = 1_500;
const NOTICED_WITHIN = 500;
/** For a machine that is busy with something else. */
const MARGIN = 3_000;

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(ttl = TTL): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl });
}

describe('a reader that is killed', () => {
  it('is not kept alive by another that renews, and holds up the writer for its own lease only', async () => {
    const [dead, living, writer] = await Promise.all([startHolder(), startHolder(), startHolder()]);
    await Promise.all([dead, living].map((reader) => reader.ask<Held>('acquire', 'key', { mode: 'read' })));
    const { token } = await living.ask<Held>('lock', 'key');
    const next = writer.ask<Held>('acquire', 'key');
    await observer.queued('key', 1);
    const { expiresAt } = await dead.ask<Held>('lock', 'key');
    await dead.kill();
    const { holders } = await observer.becomes('key', (state) => state.holders.length < 2);
    expect(holders.map((holder) => holder.token)).toEqual([token]);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
    // It has renewed since, and is still believed in.
    await living.next('renewed');
    expect(await living.ask('lock', 'key')).toMatchObject({ isHeld: true, mode: 'read' });
    await living.ask('release', 'key');
    const { fencingToken } = await next;
    expect(fencingToken).toBeGreaterThan((await living.ask<Held>('lock', 'key')).fencingToken);
  });

  it('that was the only one lets the writer in when its lease is over, and no sooner', async () => {
    const [dead, writer] = await Promise.all([startHolder(), startHolder()]);
    const before = await dead.ask<Held>('acquire', 'alone', { mode: 'read' });
    const next = writer.ask<Held>('acquire', 'alone');
    await observer.queued('alone', 1);
    const { expiresAt } = await dead.ask<Held>('lock', 'alone');
    await dead.kill();
    const killedAt = Date.now();
    const { acquiredAt, fencingToken } = await next;
    expect(acquiredAt).toBeGreaterThanOrEqual(expiresAt);
    expect(acquiredAt - killedAt).toBeLessThan(TTL + NOTICED_WITHIN + MARGIN);
    expect(fencingToken).toBeGreaterThan(before.fencingToken);
  });
});

describe('a process that is killed with several permits', () => {
  it('leaves them to others one by one, each when its own lease is over', async () => {
    const [dead, other] = await Promise.all([startHolder(), startHolder()]);
    const leases = [600, 1_400, 2_200];
    const options = { concurrency: leases.length };
    for (const ttl of leases) {
      await dead.ask('acquire', 'permits', { ...options, ttl, autoRenew: false }, `permit ${ttl}`);
    }
    const ends = await Promise.all(leases.map((ttl) => dead.ask<Held>('lock', `permit ${ttl}`)));
    await dead.kill();
    const waiting = leases.map((_, i) => other.ask<Held>('acquire', 'permits', options, `next ${i}`));
    const next = (await Promise.all(waiting)).sort((a, b) => a.acquiredAt - b.acquiredAt);
    next.forEach(({ acquiredAt }, i) => {
      expect(acquiredAt).toBeGreaterThanOrEqual(ends[i]!.expiresAt);
      expect(acquiredAt - ends[i]!.expiresAt).toBeLessThan(NOTICED_WITHIN + MARGIN);
    });
    // The first did not have to wait for the last.
    expect(next[0]!.acquiredAt).toBeLessThan(ends[2]!.expiresAt);
    expect(new Set(next.map(({ fencingToken }) => fencingToken)).size).toBe(leases.length);
    expect((await observer.inspect('permits')).holders).toHaveLength(leases.length);
  });
});
