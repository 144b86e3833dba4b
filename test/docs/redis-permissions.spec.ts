/** The page on permissions is true: the library runs under exactly the rules that it names, and needs each of them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { LockUnavailableError } from 'nestjs-distributed-lock';

import { redisCommands } from '../support/servers/redis-commands.js';
import { handOff, HEARTBEAT_AND_ROOM, logOf, only, openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';
import { nextEvent, rejection, within } from '../support/waiting.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/redis-permissions.md`, 'utf8');
const [, command] = /```redis\nACL SETUSER ([\s\S]*?)```/.exec(page)!;
const [name, ...rules] = command!.trim().split(/\s+/) as [string, ...string[]];

/** A server, and what leads to it as that user. */
async function asUser(...more: string[]) {
  const redis = await openRedis();
  await openClient(redis).call('ACL', 'SETUSER', name, ...rules, ...more);
  return { redis, url: redis.url.replace('//', `//${name}:password@`) };
}

describe('the user of docs/redis-permissions.md', () => {
  it('may do everything that the library does', async () => {
    const where = await asUser();
    const [locks, rival] = [await openLocks(where, { ttl: 3_000 }), await openLocks(where, { ttl: 3_000 })];
    const logs = [logOf(locks), logOf(rival)];
    await locks.withLock('key', (lock) => lock.renew());
    await handOff(rival, locks);
    await handOff(locks, rival);
    await locks.withLock(['a', 'b}', '{c}'], () => undefined);
    const held = await locks.acquire('key');
    const waiting = rejection(rival.acquire('key', { wait: 300 }));
    expect((await locks.inspect('key')).holders).not.toEqual([]);
    const listed: string[] = [];
    for await (const { key } of rival.list({ match: 'k*' })) listed.push(key);
    expect(listed).toEqual(['key']);
    expect(await waiting).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(await rival.forceRelease('key')).toBe(true);
    await held.release();
    await openClient(where.redis).script('FLUSH');
    await rival.withLock('key', () => undefined);
    expect(logs.flatMap((log) => only(log, 'failed'))).toEqual([]);
    expect((await openClient(where.redis).call('ACL', 'LOG')) as unknown[]).toEqual([]);
  });

  it('may do so in another database', async () => {
    const { url } = await asUser();
    await (await openLocks({ url: `${url}/3` })).withLock('key', () => undefined);
  });

  it('may do nothing else', async () => {
    const { url } = await asUser();
    const client = openClient({ url });
    for (const [other, ...args] of [
      ['keys', '*'],
      ['get', 'mine'],
      ['flushall'],
      ['publish', 'mine', ''],
      ['config', 'get', '*'],
    ]) {
      expect((await rejection(client.call(other!, ...args))).message).toMatch(/NOPERM/);
    }
    const other = openLocks({ url }, { prefix: 'other' }).then((locks) => locks.acquire('key'));
    expect(await rejection(other)).toBeInstanceOf(LockUnavailableError);
  });

  it('may call every command of the scripts, and few others', () => {
    const allowed = rules.filter((rule) => rule.startsWith('+')).map((rule) => rule.slice(1));
    // SELECT is needed where another database is chosen.
    expect(allowed.sort()).toEqual([...redisCommands(), 'select'].sort());
  });
});

describe('who may only publish', () => {
  it('wakes a waiter at the most: it is let in when the key is free', async () => {
    const where = await asUser();
    const [holder, waiter] = [await openLocks(where), await openLocks(where)];
    const held = await holder.acquire('key');
    let isIn = false;
    const waiting = waiter.acquire('key').then((lock) => ((isIn = true), lock));
    await nextEvent(waiter, 'waiting');
    await openClient(where.redis).call('ACL', 'SETUSER', 'spy', 'on', '>spy', '-@all', '+publish', '+pubsub', '&*');
    const spy = openClient({ url: where.redis.url.replace('//', '//spy:spy@') });
    const [channel] = (await spy.pubsub('CHANNELS', 'nestjs-distributed-lock:*')) as [string];
    const processId = channel.split(':').at(-1)!;
    const fence = held.fencingToken + 1;
    for (const message of [
      '',
      'key',
      `${processId}-1 ${fence} ${Date.now()}`,
      JSON.stringify({ key: 'key', token: processId }),
    ]) {
      expect(await spy.publish(channel, message)).toBe(1);
    }
    await waiter.withLock('another', () => undefined); // an answer has come since
    expect([isIn, held.isHeld]).toEqual([false, true]);
    await held.release();
    await (await within(HEARTBEAT_AND_ROOM, waiting)).release();
  });
});
