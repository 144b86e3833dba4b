/** Seen in the field: calls that never settled, or gave up far too soon. */
import { LockService } from 'nestjs-distributed-lock';
import { requestWith } from '../support/network/wire-requests.js';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';
import { lockModule, start } from '../support/apps/apps.js';
import { ownClient } from '../support/servers/clients.js';
import { isFree, keyBecomes, rejection, until } from '../support/waiting.js';

async function openLocks(options: object): Promise<LockService> {
  return (await start({ imports: [lockModule(options)] })).get(LockService);
}

it('no way to cancel a wait', async () => {
  const prefix = freshPrefix();
  const [locks, rival] = [await openLocks({ prefix }), await openLocks({ prefix })];
  const lock = await rival.acquire('key');
  const cancel = new AbortController();
  const cancelled = rejection(locks.acquire('key', { wait: Infinity, signal: cancel.signal, fair: true }));
  const next = locks.acquire('key', { fair: true });
  await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 2);
  cancel.abort(new Error('the client hung up'));
  expect(await cancelled).toBe(cancel.signal.reason);
  await keyBecomes(rival, 'key', ({ waiting }) => waiting.length === 1);
  await lock.release();
  await (await next).release();
  expect(isFree(await rival.inspect('key'))).toBe(true);
});

it('retry counts stand in for time', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const prefix = freshPrefix();
  const [locks, rival] = [await openLocks({ prefix, connection: proxy.url }), await openLocks({ prefix })];
  const lock = await rival.acquire('key');
  const next = locks.acquire('key', { wait: '1h' });
  const { waiting } = await keyBecomes(rival, 'key', (state) => state.waiting.length === 1);
  // However often the waiter has asked and found the key taken, it stays in line until its time is over.
  await until(() => proxy.commands.filter(requestWith(waiting[0]!)).length >= 5);
  await lock.release();
  await (await next).release();
});

it('with re-send off some versions of ioredis never settle the promise', async () => {
  await using proxy = await TcpProxy.start(REDIS_URL);
  const client = ownClient({ host: '127.0.0.1', port: proxy.port, autoResendUnfulfilledCommands: false });
  const locks = await openLocks({ connection: client, commandTimeout: 500 });
  const lock = await locks.acquire('held');
  const asks = [
    () => locks.acquire('key').then((second) => second.release()),
    () => lock.renew(),
    () => locks.inspect('key'),
  ];
  for (const ask of asks) {
    const met = proxy.once('evalsha', 'cut');
    const settled = Promise.allSettled([ask()]);
    await met;
    // Answered after the reconnect, or told that the connection broke: either way within its time.
    await settled;
  }
  const met = proxy.once('evalsha', 'cut');
  const released = lock.release();
  await met;
  await released;
  await keyBecomes(locks, 'held', isFree);
});
