/** The proxy of the fault tests, tried with a real server: what it does to a client must be what it says. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { TcpProxy } from './tcp-proxy.js';

const redisUrl = process.env['REDIS_URL'] as string;

describe.each([{ protocol: 2 as const }, { protocol: 3 as const }])('TcpProxy, RESP$protocol', ({ protocol }) => {
  const clients: Redis[] = [];
  let direct: Redis;
  let proxy: TcpProxy;
  let key: string;

  function open(url: string, comesBack = false): Redis {
    const client = new Redis(url, {
      protocol,
      lazyConnect: true,
      disconnectTimeout: 10,
      maxRetriesPerRequest: comesBack ? null : 0,
      retryStrategy: () => (comesBack ? 1 : null),
    });
    client.on('error', () => {}); // faults are the point here
    clients.push(client);
    return client;
  }

  async function connected(comesBack = false): Promise<Redis> {
    const client = open(proxy.url, comesBack);
    await client.connect();
    return client;
  }

  beforeEach(async () => {
    key = `tcp-proxy:${randomUUID()}`;
    proxy = await TcpProxy.start(redisUrl);
    direct = open(redisUrl);
  });

  afterEach(async () => {
    await direct.del(key);
    for (const client of clients.splice(0)) client.disconnect();
    await proxy.stop();
    expect(proxy.open).toBe(0);
  });

  it('passes on requests and replies of any size and shape, and records the requests', async () => {
    const client = await connected();
    proxy.commands.length = 0;
    const [large, nothing] = ['ä'.repeat(300_000), `${key}:none`];
    await client.set(key, large);
    expect(await client.get(key)).toBe(large);
    expect(await client.mget(key, nothing)).toEqual([large, null]);
    await client.del(key);
    const replies = [client.hset(key, { a: '1', b: '2' }), client.hgetall(key), client.hgetall(nothing), client.ping()];
    expect(await Promise.all(replies)).toEqual([2, { a: '1', b: '2' }, {}, 'PONG']);
    expect(await client.eval("return {1, {'two', {}}, false}", 0)).toEqual([1, ['two', []], null]);
    await expect(client.incr(key)).rejects.toThrow('WRONGTYPE');
    const names = ['set', 'get', 'mget', 'del', 'hset', 'hgetall', 'hgetall', 'ping', 'eval', 'incr'];
    expect(proxy.commands.map(({ name }) => name)).toEqual(names);
    expect(proxy.commands[6]).toEqual({ name: 'hgetall', args: [nothing], connection: 1 });
  });

  it('matches replies of every shape with their requests', async () => {
    const client = await connected();
    await direct.hset(key, { a: '1', b: '2' });
    proxy.always(() => true, 'duplicate');
    const replies = [client.hgetall(key), client.hkeys(key), client.ping()];
    expect(await Promise.all(replies)).toEqual([{ a: '1', b: '2' }, ['a', 'b'], 'PONG']);
  });

  it('passes on what is published', async () => {
    const client = await connected();
    const message = once(client, 'message');
    await client.subscribe(key, `${key}:other`);
    await direct.publish(key, 'hello');
    expect(await message).toEqual([key, 'hello']);
    await client.unsubscribe(key, `${key}:other`);
    expect(await client.ping()).toBe('PONG');
  });

  it('loses what is published, and nothing else', async () => {
    const client = await connected();
    const heard: string[] = [];
    client.on('message', (_channel, text: string) => heard.push(text));
    await client.subscribe(key);
    proxy.losesPushes = true;
    await direct.publish(key, 'lost');
    await client.unsubscribe(key);
    await client.subscribe(key);
    proxy.losesPushes = false;
    const next = once(client, 'message');
    await direct.publish(key, 'heard');
    await next;
    expect(heard).toEqual(['heard']);
  });

  it('keeps messages back for the latency', async () => {
    const client = await connected();
    proxy.setLatency(600_000, 'toServer');
    const met = proxy.next('incr');
    const rejected = expect(client.incr(key)).rejects.toThrow();
    await met;
    expect(await direct.get(key)).toBeNull();
    proxy.cut();
    await rejected;
  });

  it('keeps the order of messages when the latency falls', async () => {
    const client = await connected();
    proxy.setLatency(20);
    const met = proxy.next('append');
    const late = client.append(key, 'a');
    await met;
    proxy.setLatency(0);
    await Promise.all([late, client.append(key, 'b')]);
    expect(await direct.get(key)).toBe('ab');
  });

  it('cut() breaks connections and lets the client come back', async () => {
    const client = await connected(true);
    const closed = once(client, 'close');
    proxy.cut();
    await closed;
    expect(await client.ping()).toBe('PONG');
    expect(proxy.accepted).toBe(2);
  });

  it('refuse() turns new connections away and leaves the others alone, accept() lets them in', async () => {
    const client = await connected();
    proxy.refuse();
    await expect(connected()).rejects.toThrow();
    expect(await client.ping()).toBe('PONG');
    await proxy.accept();
    expect(await (await connected()).ping()).toBe('PONG');
  });

  it('hold() keeps messages back, flow() delivers them', async () => {
    const client = await connected();
    proxy.hold('toServer');
    const met = proxy.next('incr');
    const reply = client.incr(key);
    await met;
    expect(await direct.get(key)).toBeNull();
    proxy.flow();
    expect(await reply).toBe(1);
  });

  it('hold() of replies lets the server do its work', async () => {
    const client = await connected();
    proxy.hold('toClient');
    let answered = false;
    const reply = client.incr(key).finally(() => (answered = true));
    await serverReplied();
    expect(await direct.get(key)).toBe('1');
    expect(answered).toBe(false);
    proxy.flow();
    expect(await reply).toBe(1);
  });

  it('blackhole() loses requests and keeps connections open; they break when traffic flows again', async () => {
    const client = await connected();
    proxy.blackhole('toServer');
    const met = proxy.next('incr');
    const reply = client.incr(key);
    const closed = once(client, 'close');
    const rejected = expect(reply).rejects.toThrow();
    await met;
    expect(client.status).toBe('ready');
    proxy.flow();
    await closed;
    await rejected;
    expect(await direct.get(key)).toBeNull();
  });

  it('blackhole() in the direction of the client loses replies only', async () => {
    const client = await connected();
    proxy.blackhole('toClient');
    const rejected = expect(client.incr(key)).rejects.toThrow();
    await serverReplied();
    expect(await direct.get(key)).toBe('1');
    expect(client.status).toBe('ready');
    proxy.flow();
    await rejected;
  });

  it('strand() breaks connections for their clients, and delivers their last requests later', async () => {
    const client = await connected();
    await client.set(key, 'before');
    proxy.strand(20, 300);
    await expect(client.append(key, ' late')).rejects.toThrow();
    const next = await connected();
    expect(await next.append(key, ' next')).toBe('before next'.length);
    while ((await next.get(key)) === 'before next');
    expect(await next.get(key)).toBe('before next late');
    expect(proxy.accepted).toBe(2);
  });

  it('a connection that lost nothing survives a blackhole', async () => {
    const client = await connected();
    proxy.blackhole();
    proxy.flow();
    expect(await client.incr(key)).toBe(1);
    expect(proxy.accepted).toBe(1);
  });

  it.each([
    ['duplicate', ['1', '3', '4']],
    ['resend', ['2', '3', '4']],
  ] as const)('%s lets the server work twice and the client see one reply', async (fate, seen) => {
    const client = await connected();
    const chosen = proxy.once(({ name, args }) => name === 'incr' && args[0] === key, fate);
    const replies = await Promise.all([client.incr(key), client.incr(key), client.incr(key)]);
    expect(replies.map(String)).toEqual(seen);
    expect((await chosen).name).toBe('incr');
    expect(await direct.get(key)).toBe('4');
  });

  it('resend of a subscription keeps the count of replies right', async () => {
    const client = await connected();
    proxy.always('subscribe', 'resend');
    const message = once(client, 'message');
    expect(await client.subscribe(key, `${key}:other`)).toBe(2);
    await direct.publish(`${key}:other`, 'hello');
    expect(await message).toEqual([`${key}:other`, 'hello']);
    expect(await client.unsubscribe(key, `${key}:other`)).toBe(0);
    expect(await client.ping()).toBe('PONG');
  });

  it('drop loses the request and what follows on that connection only', async () => {
    const [first, second] = [await connected(), await connected()];
    const chosen = proxy.once('incr', 'drop');
    const lost = Promise.allSettled([first.incr(key), first.incr(key)]);
    await chosen;
    expect(await second.incr(key)).toBe(1);
    expect(first.status).toBe('ready');
    proxy.cut();
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await direct.get(key)).toBe('1');
  });

  it('drop-reply lets the server work and loses what it says', async () => {
    const client = await connected();
    void proxy.once('incr', 'drop-reply');
    const lost = expect(client.incr(key)).rejects.toThrow();
    await serverReplied();
    expect(await direct.get(key)).toBe('1');
    expect(client.status).toBe('ready');
    proxy.cut();
    await lost;
  });

  it.each([
    ['cut', '1'],
    ['cut-reply', '2'],
  ] as const)('%s breaks the connection; a client that sends again makes it %s', async (fate, total) => {
    const client = await connected(true);
    void proxy.once('incr', fate);
    expect(String(await client.incr(key))).toBe(total);
    expect(await direct.get(key)).toBe(total);
    expect(proxy.accepted).toBe(2);
  });

  it('delay lets other connections pass', async () => {
    const [slow, fast] = [await connected(), await connected()];
    const chosen = proxy.once('append', { delay: 600_000 });
    const rejected = expect(slow.append(key, 'a')).rejects.toThrow();
    await chosen;
    await fast.append(key, 'b');
    expect(await direct.get(key)).toBe('b');
    proxy.cut();
    await rejected;
  });

  it('delay keeps the order on its own connection', async () => {
    const client = await connected();
    void proxy.once('append', { delay: 20 });
    await Promise.all([client.append(key, 'a'), client.append(key, 'b')]);
    expect(await direct.get(key)).toBe('ab');
  });

  it('the newest rule counts, a rule can be removed, and next() only looks on', async () => {
    const client = await connected();
    const undo = proxy.always('incr', 'duplicate');
    const undoNewer = proxy.always('incr', 'forward');
    expect(await client.incr(key)).toBe(1);
    undoNewer();
    const seen = proxy.next('INCR');
    expect(await client.incr(key)).toBe(2);
    expect((await seen).args).toEqual([key]);
    undo();
    expect(await client.incr(key)).toBe(4);
  });

  it('breaks the client when the server refuses', async () => {
    const nowhere = await TcpProxy.start('redis://127.0.0.1:1');
    await expect(open(nowhere.url).connect()).rejects.toThrow();
    await nowhere.stop();
  });

  async function serverReplied(): Promise<void> {
    for (const before = proxy.replies; proxy.replies === before;) await direct.ping();
  }
});
