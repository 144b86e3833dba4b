/** One script, sent once the connection is ready, and settled in time whatever the connection does. */
import { describe, expect, it, jest } from '@jest/globals';
import { LockUnavailableError } from '../../lib/lock.errors.js';
import { RedisRequests, script } from '../../lib/stores/redis/redis-requests.js';
import { outcomeOf } from './support/engine.js';
import { advance, flush, useFakeClock } from './support/fake-clock.js';
import { FakeRedis, opened } from './support/fake-redis.js';

const ECHO = script('return ARGV[1]');
const LIMIT = 5_000;

function connect(status?: string, options: Parameters<typeof opened>[1] = {}) {
  const client = new FakeRedis(status);
  const late = { answers: 0 };
  const requests = new RedisRequests(opened(client, options), LIMIT, () => (late.answers += 1));
  return { client, requests, late };
}

const ask = (requests: RedisRequests) => outcomeOf(requests.run({ script: ECHO, keyCount: 1, words: ['key', 'word'] }));

describe('a script', () => {
  useFakeClock();

  it('is called by its digest', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    client.sent[0]!.answer('word');
    await flush();
    expect(asked).toEqual({ state: 'resolved', value: 'word' });
    expect(client.sent).toMatchObject([{ command: 'evalsha', args: [ECHO.sha, 1, 'key', 'word'] }]);
    expect(script('return 1').sha).toBe('e0e1f9fabfc9d4800c877a703b823ac0578ff8db');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that the server does not know is told to it once', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    client.sent[0]!.fail(new Error('NOSCRIPT No matching script. Please use EVAL.'));
    await flush();
    expect(client.sent[1]).toMatchObject({ command: 'eval', args: [ECHO.source, 1, 'key', 'word'] });
    client.sent[1]!.answer('word');
    await flush();
    expect(asked.value).toBe('word');
    expect(client.sent).toHaveLength(2);
  });

  it('that the server refuses is not sent again', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    const cause = new Error('OOM command not allowed');
    client.sent[0]!.fail(cause);
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect(asked.value).toMatchObject({ cause, wasSent: true });
    expect(client.sent).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is told to the server only if it may still be sent then', async () => {
    const { client, requests } = connect();
    const call = { script: ECHO, keyCount: 0, words: [] };
    const [may, mayNot] = [true, false].map((repeat) => outcomeOf(requests.run({ ...call, mayRepeat: () => repeat })));
    for (const { fail } of client.sent) fail(new Error('NOSCRIPT'));
    await flush();
    expect(client.sent.map(({ command }) => command)).toEqual(['evalsha', 'evalsha', 'eval']);
    expect([may!.state, mayNot!.state]).toEqual(['pending', 'rejected']);
  });

  it('is told to the server for nobody who has given up meanwhile', async () => {
    const { client, requests } = connect();
    ask(requests);
    await advance(LIMIT);
    client.sent[0]!.fail(new Error('NOSCRIPT'));
    await flush();
    expect(client.sent).toHaveLength(1);
  });

  it('that is refused as source too fails', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    client.sent[0]!.fail(new Error('NOSCRIPT'));
    await flush();
    client.sent[1]!.fail(new Error('NOPERM'));
    await flush();
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
  });
});

describe('a request without an answer', () => {
  useFakeClock();

  it('fails when its time is over, and says that it may have been carried out', async () => {
    const { requests } = connect();
    const asked = ask(requests);
    await advance(LIMIT - 1);
    expect(asked.state).toBe('pending');
    await advance(1);
    expect(asked.value).toBeInstanceOf(LockUnavailableError);
    expect(asked.value).toMatchObject({ wasSent: true });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not revived by a late answer or error', async () => {
    const { client, requests } = connect();
    const asked = [ask(requests), ask(requests)];
    await advance(LIMIT);
    client.sent[0]!.answer('late');
    client.sent[1]!.fail(new Error('late'));
    await flush();
    for (const { value } of asked) expect((value as Error).message).toContain('5000 ms');
  });

  it('never keeps the process alive', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    ask(connect().requests);
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });

  it('tells what the connection complained about', async () => {
    const { client, requests } = connect('connecting');
    const cause = new Error('ECONNREFUSED');
    client.emit('error', cause);
    const asked = ask(requests);
    await advance(LIMIT);
    expect(asked.value).toMatchObject({ cause, message: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('while the connection is not ready', () => {
  useFakeClock();

  it.each(['connecting', 'connect', 'reconnecting', 'close'])('(%s) nothing is sent until it is', async (status) => {
    const { client, requests } = connect(status);
    const asked = ask(requests);
    await advance(LIMIT - 1);
    expect(client.sent).toEqual([]);
    client.become('ready');
    client.sent[0]!.answer('word');
    await flush();
    expect(asked.state).toBe('resolved');
  });

  it('a request whose caller gave up is never sent, and says so', async () => {
    const { client, requests } = connect('reconnecting');
    const asked = ask(requests);
    await advance(1_000);
    ask(requests);
    await advance(LIMIT - 1_000);
    expect(asked.value).toMatchObject({ wasSent: false });
    client.become('ready');
    expect(client.sent).toHaveLength(1);
  });

  it('requests keep their order, and are sent once', async () => {
    const { client, requests } = connect('connecting');
    for (const word of ['a', 'b', 'c']) outcomeOf(requests.run({ script: ECHO, keyCount: 0, words: [word] }));
    client.become('ready');
    client.become('ready');
    expect(client.sent.map(({ args }) => args[2])).toEqual(['a', 'b', 'c']);
  });

  it('a lazy client is connected by its first request', async () => {
    const { client, requests } = connect('wait');
    ask(requests);
    ask(requests);
    expect(client.connects).toBe(1);
  });

  it('a client that cannot connect fails no request early, and makes no noise', async () => {
    const { client, requests } = connect('wait');
    jest.spyOn(client, 'connect').mockRejectedValue(new Error('ECONNREFUSED'));
    const asked = ask(requests);
    await advance(LIMIT - 1);
    expect(asked.state).toBe('pending');
  });

  it('requests fail at once when it could not be made, and the next has it tried again', async () => {
    const { client, requests } = connect('reconnecting');
    const waiting = ask(requests);
    client.become('end');
    await flush();
    expect(waiting.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', wasSent: false });
    const asked = ask(requests);
    expect(client.connects).toBe(1);
    client.become('ready');
    client.sent[0]!.answer('word');
    await flush();
    expect(asked.state).toBe('resolved');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the connection', () => {
  useFakeClock();

  it('is counted when it breaks', () => {
    const { client, requests } = connect();
    const { epoch } = requests;
    client.become('close');
    client.become('ready');
    client.become('close');
    expect(requests.epoch - epoch).toBe(2);
  });

  it('is left in peace once it was left, but for errors, which ioredis would print', async () => {
    const client = new FakeRedis('connecting');
    const requests = new RedisRequests(opened(client), LIMIT);
    const asked = ask(requests);
    requests.dispose();
    await flush();
    expect([client.listenerCount('error'), client.listening]).toEqual([1, 1]);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', wasSent: false });
    client.become('ready');
    expect([client.sent.length, client.disconnects, jest.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it('is used no more once it was left', async () => {
    const { client, requests } = connect();
    requests.dispose();
    const asked = ask(requests);
    await flush();
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', wasSent: false });
    expect(client.sent).toEqual([]);
  });
});
