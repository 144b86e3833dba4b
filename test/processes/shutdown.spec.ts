/** L7: what SIGTERM means to a Nest application with shutdown hooks and its locks. */
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { isFree, until } from '../support/waiting.js';
import { Observer } from '../support/processes/observer.js';
import { Program, refusal } from '../support/processes/program.js';

const TTL = 600;
const CLEAN_EXIT = { code: 0, signal: null };

const observer = new Observer();
afterAll(() => observer.close());

function startServer(settings: object = {}): Promise<Program> {
  const defaults = { url: observer.url, prefix: observer.prefix, ttl: TTL, grace: 60_000 };
  return Program.start('server', { ...defaults, ...settings });
}

function startHolder(): Promise<Program> {
  return Program.start('holder', { url: observer.url, prefix: observer.prefix, ttl: 10_000 });
}

describe('SIGTERM', () => {
  it('lets a running section keep its lock to its end, ends waits, refuses new locks, and leaves nothing held', async () => {
    const [server, holder] = await Promise.all([startServer(), startHolder()]);
    await holder.ask('acquire', 'taken');
    const outcome = server.ask('run', 'job');
    const { token } = await server.next<{ token: string }>('running');
    const waiting = refusal(server.ask('acquire', 'taken'));
    await observer.queued('taken', 1);

    server.terminate();
    expect(await waiting).toBe('LOCK_SHUTDOWN');
    await observer.queued('taken', 0);
    expect(await refusal(server.ask('acquire', 'new'))).toBe('LOCK_SHUTDOWN');
    const renewals = (): number => server.told.filter(({ event }) => event === 'renewed').length;
    const before = renewals();
    // Renewed every third of the ttl: the section outlives its first lease.
    await until(() => renewals() >= before + 4);
    expect((await observer.inspect('job')).holders[0]?.token).toBe(token);

    await server.ask('end', 'job');
    expect(await outcome).toBe('worked on job');
    expect(await server.exit).toEqual(CLEAN_EXIT);
    expect(await observer.inspect('job')).toMatchObject({ holders: [], waiting: [] });
    expect(server.told.map(({ event }) => event)).not.toContain('aborted');
  });

  it('takes the lock from a section that is still running after the grace time, which it learns at once', async () => {
    const server = await startServer({ grace: 300, ttl: 60_000 });
    void server.ask('run', 'stuck');
    await server.next('running');
    server.terminate();
    const aborted = await server.next('aborted');
    expect(aborted).toEqual({ key: 'stuck', code: 'LOCK_LOST', cause: 'LOCK_SHUTDOWN' });
    expect(await server.exit).toEqual(CLEAN_EXIT);
    expect(await observer.inspect('stuck')).toMatchObject({ holders: [] });
  });

  it('lets the request that holds a lock end well, and tells the one that waits to come back', async () => {
    const server = await startServer();
    const address = await server.ask<string>('address');
    const request = (): Promise<Response> => fetch(`${address}/page`, { headers: { connection: 'close' } });
    const served = request();
    await server.next('running');
    const waits = server.next('waiting');
    const turnedAway = request();
    await waits;
    server.terminate();
    expect((await turnedAway).status).toBe(503);
    await server.ask('end', 'page');
    expect((await served).status).toBe(200);
    expect(await (await served).text()).toBe('worked on page');
    expect(await server.exit).toEqual(CLEAN_EXIT);
    await observer.becomes('page', isFree);
  });

  it('leaves no lease of a request whose grant was on its way', async () => {
    await using proxy = await TcpProxy.start(observer.url);
    const server = await startServer({ url: proxy.url, ttl: 60_000 });
    proxy.hold('toClient');
    void server.ask('acquire', 'late');
    await observer.becomes('late', ({ holders }) => holders.length > 0);
    server.terminate();
    await server.next('closing');
    proxy.flow();
    expect(await server.exit).toEqual(CLEAN_EXIT);
    expect(await observer.inspect('late')).toMatchObject({ holders: [] });
  });
});
