/** Slots of a cluster that move from one server to another while their keys are in use. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { atEnd } from '../support/at-end.js';
import { RedisCluster } from '../support/servers/redis-cluster.js';
import { HEARTBEAT_AND_ROOM, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { isFree, keyBecomes, nextEvent, within } from '../support/waiting.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
}, 60_000);

afterAll(() => cluster[Symbol.asyncDispose]());

/** A key whose slot is on its way from one server to the other. */
async function moving(prefix: string) {
  const admins = cluster.nodes.map(openClient);
  const ids = await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'MYID')));
  let key = randomUUID();
  let slot = Infinity;
  while (slot >= 16_384 / 3) {
    key = randomUUID();
    slot = Number(await admins[0]!.call('CLUSTER', 'KEYSLOT', `${prefix}:{${key}}`));
  }
  const setSlot = (admin: Redis | undefined, ...words: unknown[]) =>
    admin!.call('CLUSTER', 'SETSLOT', slot, ...(words as string[]));
  await setSlot(admins[1], 'IMPORTING', ids[0]);
  await setSlot(admins[0], 'MIGRATING', ids[1]);
  /** Nothing moves; what was created over there stays where it is. */
  const stay = async (): Promise<void> => {
    for (const admin of admins) await setSlot(admin, 'STABLE').catch(() => undefined);
    for (const admin of admins) await setSlot(admin, 'NODE', ids[0]).catch(() => undefined);
  };
  const arrive = async (): Promise<void> => {
    const names = (await admins[0]!.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
    for (const name of names) {
      await admins[0]!.call('MIGRATE', '127.0.0.1', cluster.nodes[1]!.port, name, 0, 5_000);
    }
    for (const admin of [admins[1], admins[0], admins[2]]) await setSlot(admin, 'NODE', ids[1]);
  };
  return { key, stay, arrive };
}

describe('a slot that is on its way', () => {
  it.each(['cut', 'cut-reply'] as const)(
    'the connection breaks at a redirection (%s): nothing goes unhandled',
    async (fate) => {
      const unhandled = jest.fn();
      process.on('unhandledRejection', unhandled);
      atEnd(() => process.off('unhandledRejection', unhandled));
      const prefix = randomUUID();
      const proxies = await cluster.proxies();
      const locks = await openLocks(cluster.client(proxies), { prefix, commandTimeout: 5_000 });
      const { key, stay } = await moving(prefix);
      atEnd(stay);
      const met = proxies[1]!.once('asking', fate);
      const lock = await within(HEARTBEAT_AND_ROOM, locks.acquire(key));
      await met;
      await lock.release();
      await stay();
      expect(unhandled).not.toHaveBeenCalled();
    },
  );

  it('a lock is taken, waited for, renewed and handed on while its slot moves', async () => {
    const prefix = randomUUID();
    const [locks, rival] = [
      await openLocks(cluster.client(), { prefix }),
      await openLocks(cluster.client(), { prefix }),
    ];
    const { key, arrive, stay } = await moving(prefix);
    atEnd(stay);
    const held = await within(HEARTBEAT_AND_ROOM, locks.acquire(key));
    const waiting = rival.acquire(key);
    await nextEvent(rival, 'waiting');
    await arrive();
    await held.renew();
    await held.release();
    const lock = await within(2 * HEARTBEAT_AND_ROOM, waiting);
    await lock.release();
    await keyBecomes(locks, key, isFree, HEARTBEAT_AND_ROOM);
  });
});

it('a cluster that is down for a moment is waited for', async () => {
  const prefix = randomUUID();
  const proxies = await cluster.proxies();
  const locks = await openLocks(cluster.client(proxies), { prefix });
  for (const proxy of proxies) proxy.refuse();
  for (const proxy of proxies) proxy.cut();
  const waiting = locks.acquire('key');
  for (const proxy of proxies) proxy.accept();
  await (await within(2 * HEARTBEAT_AND_ROOM, waiting)).release();
  expect(isFree(await locks.inspect('key'))).toBe(true);
});
