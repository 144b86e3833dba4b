/** What the board costs Redis, as its `MONITOR` sees it: nothing while nobody looks, and little while somebody does. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { LockService } from 'nestjs-distributed-lock';
import { LockBoardModule } from 'nestjs-distributed-lock/board';
import { lockModule, start, startHttp } from '../support/apps/apps.js';
import { atEnd } from '../support/at-end.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';
import { freshPrefix } from '../support/servers/run-server.js';
import { keyBecomes, until } from '../support/waiting.js';

/** How long it is looked on, in milliseconds: some rounds of whatever the board does regularly. */
const LOOKED_ON = 4_000;
const [KEYS, AT_ONCE] = [10_000, 500];
/** Processes that wait for one key, so that each answers for itself. */
const WAITERS = 8;

/** Processes that hold and wait for keys, and the board of another that does neither, on a Redis of their own. */
async function open() {
  const redis = await openRedis();
  const options = { connection: redis.url, prefix: freshPrefix(), ttl: '60s', wait: '60s' } as const;
  const openService = async () => (await start({ imports: [lockModule(options)] })).get(LockService);
  const first = await openService();
  for (let i = 0; i < KEYS; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => first.acquire(`key:${i + j}`)));
  }
  const leaving = new AbortController();
  const waiting = Array.from({ length: WAITERS }, async () => {
    await (await openService()).acquire('key:7', { signal: leaving.signal }).catch(() => undefined);
  });
  atEnd(async () => {
    leaving.abort();
    await Promise.all(waiting);
  });
  await keyBecomes(first, 'key:7', (state) => state.waiting.length === WAITERS);
  // Each has a connection on which it hears, too.
  const client = openClient(redis);
  await until(async () => String(await client.call('CLIENT', 'LIST')).match(/ sub=1 /g)?.length === WAITERS + 1);
  const others = new Set(
    [...String(await client.call('CLIENT', 'LIST')).matchAll(/ addr=(\S+)/g)].map(([, address]) => address!),
  );
  /** When each request of the board's process arrived, in seconds. */
  const sent: number[] = [];
  const monitor = connect(redis.port, '127.0.0.1');
  atEnd(() => monitor.destroy());
  monitor.write('MONITOR\r\n');
  await once(monitor, 'data');
  createInterface(monitor).on('line', (line) => {
    // What scripts call is part of the request that runs them, and says `lua` for an address.
    const [, time, address] = /^\+([\d.]+) \[\d+ (\S+)\]/.exec(line) ?? [];
    if (address && address !== 'lua' && !others.has(address)) sent.push(Number(time));
  });
  const { url } = await startHttp({ imports: [lockModule(options), LockBoardModule.forRoot({ guards: [] })] });
  // The connection itself is not the board's.
  await pause(300);
  sent.length = 0;
  return { url: `${url}/locks`, sent };
}

/** Looks at the board as its page does, until the function that it answers is called. */
async function look(url: string): Promise<() => Promise<void>> {
  const leave = new AbortController();
  const answer = await fetch(url, { signal: leave.signal });
  const messages = answer.body!.getReader();
  await messages.read();
  const read = async (): Promise<void> => {
    while (!(await messages.read()).done);
  };
  const reading = read().catch(() => undefined);
  return () => {
    leave.abort();
    return reading;
  };
}

/** The most that came within a second. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((begin) => times.filter((each) => each >= begin && each < begin + 1).length));
}

describe('what the board sends to Redis', () => {
  it('is nothing before a viewer comes, and when the last has gone', async () => {
    const { url, sent } = await open();
    await fetch(url);
    await pause(1_200);
    expect(sent).toEqual([]);
    const leave = await look(`${url}/stream`);
    await pause(1_200);
    expect(sent.length).toBeGreaterThan(0);
    await leave();
    // What was on its way may still arrive.
    await pause(300);
    sent.length = 0;
    await pause(1_200);
    expect(sent).toEqual([]);
  });

  it('is at most five requests in any second for one viewer, whatever it looks at and however it goes from one to the other', async () => {
    const { url, sent } = await open();
    // The first of each kind also tells the server its script, and the first question is preceded by a subscription.
    for (const path of [
      'stream',
      'stream?key=key:7',
      'stream?page=5&sort=key',
      'stream?search=key:77',
      'stream?key=key:999',
      'stream?key=none',
    ]) {
      const before = sent.length;
      const leave = await look(`${url}/${path}`);
      await pause(LOOKED_ON);
      await leave();
      expect([path, mostInASecond(sent) <= 5, sent.length - before >= 4]).toEqual([path, true, true]);
    }
  }, 60_000);
});
