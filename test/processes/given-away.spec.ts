/** A lock goes from one process to another under the same tokens; the server keeps `minHold` though its runner is killed. */
import { Observer } from '../support/processes/observer.js';
import { Program, refusal } from '../support/processes/program.js';
import type { Held } from '../support/processes/held.js';

const TTL = 1_200;

const observer = new Observer();
afterAll(() => observer.close());

function startHolder(): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl: TTL });
}

describe('a lock that is given to another process', () => {
  it.each(['write', 'read'] as const)('goes on there when the first is killed: %s', async (mode) => {
    const key = `given ${mode}`;
    const [first, second, third] = await Promise.all([startHolder(), startHolder(), startHolder()]);
    const before = await first.ask<Held>('acquire', key, { mode });
    const text = await first.ask<string>('detach', key);
    await first.kill();
    const after = await second.ask<Held>('adopt', key, text);
    expect(after).toMatchObject({ token: before.token, fencingToken: before.fencingToken, mode, isHeld: true });
    const next = third.ask<Held>('acquire', key);
    await observer.queued(key, 1);
    // Renewed there: the lease that the first had is over by now.
    await second.next('renewed');
    await observer.becomes(key, () => Date.now() > before.expiresAt + TTL);
    expect(await second.ask('lock', key)).toMatchObject({ isHeld: true });
    expect((await observer.inspect(key)).holders.map(({ token }) => token)).toEqual([before.token]);
    expect(await second.ask('release', key)).toBe(true);
    expect((await next).fencingToken).toBeGreaterThan(before.fencingToken);
  });

  it('is lost when it comes too late, and the first has nothing to say about it any more', async () => {
    const [first, second] = await Promise.all([startHolder(), startHolder()]);
    await first.ask('acquire', 'late');
    const text = await first.ask<string>('detach', 'late');
    const next = await second.ask<Held>('acquire', 'late');
    expect(await refusal(second.ask('adopt', 'adopted', text))).toBe('LOCK_LOST');
    expect(await refusal(first.ask('release', 'late'))).toBe('LOCK_NOT_HELD');
    expect(await observer.inspect('late')).toMatchObject({ holders: [{ token: next.token }] });
  });
});

describe('`minHold`', () => {
  it('outlives a runner that was done at once, and one that is killed', async () => {
    const [runner, other] = await Promise.all([startHolder(), startHolder()]);
    const minHold = 3_000;
    const askedAt = Date.now();
    const runs = ['done', 'killed'].map((key) => runner.ask<Held>('acquire', key, { minHold }));
    await Promise.all(runs);
    expect(await runner.ask('release', 'done')).toBe(true);
    await runner.kill();
    const next = await Promise.all(['done', 'killed'].map((key) => other.ask<Held>('acquire', key)));
    // By two clocks: that of the server, and those of the processes, which are the same here.
    for (const { acquiredAt } of next) expect(acquiredAt).toBeGreaterThanOrEqual(askedAt + minHold - 5);
  });
});
