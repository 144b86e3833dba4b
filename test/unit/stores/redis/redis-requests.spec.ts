/** One script, sent once the connection is ready, and settled in time whatever the connection does. */
import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { LockUnavailableError } from '../../../../lib/lock.errors.js';
import { RedisRequests, script } from '../../../../lib/stores/redis/redis-requests.js';
import { outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { FakeRedis, opened } from '../../../support/fakes/fake-redis.js';

const ECHO = script('return ARGV[1]');
const LIMIT = 5_000;

function connect(status?: string, options: Parameters<typeof opened>[1] = {}) {
  const client = new FakeRedis(status);
  const heard = { late: 0, repeated: [] as (readonly string[])[] };
  const requests = new RedisRequests(opened(client, options), LIMIT, {
    answeredLate: () => (heard.late += 1),
    repeated: ({ words }) => heard.repeated.push(words),
  });
  return { client, requests, heard };
}

/** What ioredis says of what was under way when a connection broke. */
const broken = (): Error => new Error('Reached the max retries per request limit (which is 0).');

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

describe('when the connection breaks', () => {
  useFakeClock();

  it('what was under way is sent again when it stands, in order, for those who still wait', async () => {
    const { client, requests, heard } = connect();
    const words = ['a', 'b', 'c'];
    const asked = words.map((word) => outcomeOf(requests.run({ script: ECHO, keyCount: 0, words: [word] })));
    client.become('reconnecting');
    for (const { fail } of client.sent.splice(0)) fail(broken());
    await flush();
    const later = ask(requests);
    expect(client.sent).toEqual([]);
    client.become('ready');
    expect(client.sent.map(({ args }) => args[2])).toEqual([...words, 'key']);
    expect(heard.repeated).toEqual(words.map((word) => [word]));
    for (const { answer } of client.sent) answer('done');
    await flush();
    for (const { state } of [...asked, later]) expect(state).toBe('resolved');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('nothing is sent any more whose time is over meanwhile; it may have been carried out', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    client.become('reconnecting');
    client.sent[0]!.fail(broken());
    await advance(LIMIT);
    expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', wasSent: true });
    client.become('ready');
    expect(client.sent).toHaveLength(1);
  });

  it('nothing is sent again that must not be', async () => {
    const { client, requests } = connect();
    const asked = outcomeOf(requests.run({ script: ECHO, keyCount: 0, words: [], mayRepeat: () => false }));
    client.become('reconnecting');
    client.sent[0]!.fail(broken());
    await flush();
    expect(asked.value).toMatchObject({ wasSent: true, message: expect.stringContaining('broke') });
  });

  it('what was not written yet is not in doubt', async () => {
    const { client, requests, heard } = connect();
    const asked = ask(requests);
    client.sent[0]!.fail(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    client.become('reconnecting');
    await advance(LIMIT);
    expect(asked.value).toMatchObject({ wasSent: false });
    expect(heard.repeated).toEqual([]);
  });

  it('what is under way at the end of the store fails', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    requests.dispose();
    client.sent[0]!.fail(new Error('Connection is closed.'));
    await flush();
    expect(asked.value).toMatchObject({ wasSent: true });
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('an answer that comes late', () => {
  useFakeClock();

  it('is told, as something was carried out that nobody counts with', async () => {
    const { client, requests, heard } = connect();
    ask(requests);
    await advance(LIMIT);
    expect(heard.late).toBe(0);
    client.sent[0]!.answer('late');
    await flush();
    expect(heard.late).toBe(1);
  });

  it('is not told when it says that nothing was, nor when nobody is left to hear it', async () => {
    const { client, requests, heard } = connect();
    ask(requests);
    ask(requests);
    await advance(LIMIT);
    client.sent[0]!.fail(new Error('OOM'));
    requests.dispose();
    client.sent[1]!.answer('late');
    await flush();
    expect(heard.late).toBe(0);
  });
});

describe('in a cluster', () => {
  useFakeClock();

  it.each([
    'Connection is closed.',
    'CLUSTERDOWN The cluster is down',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'ERR Script attempted to access a non local key in a cluster node script: 1, on @user_script:1.',
    'Too many Cluster redirections. Last error: ReplyError: MOVED 1 127.0.0.1:1',
  ])('%s: it looks which server has the key, and asks again', async (message) => {
    const { client, requests } = connect('ready', { isCluster: true });
    const asked = ask(requests);
    client.sent[0]!.fail(new Error(message));
    await advance(100);
    expect(client.refreshes).toBe(1);
    expect(client.sent).toHaveLength(2);
    client.sent[1]!.answer('word');
    await flush();
    expect(asked.state).toBe('resolved');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('each server is listened to once, and its connection counts', () => {
    const { client, requests } = connect('ready', { isCluster: true });
    const node = new FakeRedis();
    for (let i = 0; i < 11; i++) client.emit('+node', node);
    node.emit('close');
    expect([node.listenerCount('close'), node.listenerCount('error'), requests.link.epoch]).toEqual([1, 1, 1]);
  });

  it('that stays down is asked until the time of the request is over, and no longer', async () => {
    const { client, requests } = connect('ready', { isCluster: true });
    const asked = ask(requests);
    const answers = setInterval(() => client.sent.at(-1)!.fail(new Error('CLUSTERDOWN The cluster is down')), 10);
    await advance(LIMIT);
    clearInterval(answers);
    expect(asked.value).toMatchObject({ wasSent: false, message: expect.stringContaining('CLUSTERDOWN') });
    const { length } = client.sent;
    await advance(LIMIT);
    expect([client.sent.length, jest.getTimerCount()]).toEqual([length, 0]);
  });
});

describe('a server that may not be written to', () => {
  useFakeClock();

  it.each(['READONLY You can’t write', 'MASTERDOWN Link with MASTER is down', 'NOAUTH Authentication required.'])(
    '%s: another is looked for, and not too often',
    async (message) => {
      const { client, requests } = connect();
      for (let i = 0; i < 100; i++) {
        const asked = ask(requests);
        client.sent.at(-1)!.fail(new Error(message));
        await advance(100);
        expect(asked.value).toMatchObject({ code: 'LOCK_UNAVAILABLE', wasSent: false });
      }
      expect(client.replaced).toBeGreaterThan(3);
      expect(client.replaced).toBeLessThan(10);
    },
  );
});

describe('what goes wrong is told', () => {
  useFakeClock();

  const cause = (outcome: { value: unknown }): Error => (outcome.value as Error).cause as Error;

  it('without the command and all that it carried', async () => {
    const { client, requests } = connect('ready', { secrets: ['s3cret'] });
    const words = ['lock:{mine}', 'lock:{theirs}', ' token-1 0100 token-2 0100'];
    const asked = outcomeOf(requests.run({ script: ECHO, keyCount: 2, words }));
    const message = 'ERR s3cret: lock:{mine} and lock:{theirs} of token-1 and token-2';
    const error = Object.assign(new Error(message), { command: { args: words }, previousErrors: [words], code: 'X' });
    error.name = 'ReplyError';
    client.sent[0]!.fail(error);
    await flush();
    expect((asked.value as Error).message).toContain('ERR …: … and … of … and …');
    expect(cause(asked)).toMatchObject({ name: 'ReplyError', code: 'X', message: 'ERR …: … and … of … and …' });
    expect(inspect(asked.value, { depth: 9, showHidden: true })).not.toMatch(/s3cret|theirs|token-/);
  });

  it('without the arguments that the server quotes', async () => {
    const { client, requests } = connect();
    const asked = ask(requests);
    client.sent[0]!.fail(new Error("ERR unknown command 'evalsha', with args beginning with: '5f' '1' 'lock:{mine}'"));
    await flush();
    expect((asked.value as Error).message).toContain("unknown command 'evalsha'.");
    expect(inspect(asked.value)).not.toContain('lock:');
  });

  it.each(['WRONGPASS invalid username-password pair', 'NOAUTH Authentication required.'])(
    'and to a client that is not let in by its password, not by the time limit (%s)',
    async (message) => {
      const { client, requests } = connect('connecting', { secrets: ['s3cret'] });
      const asked = ask(requests);
      client.emit('error', Object.assign(new Error(message), { command: { name: 'auth', args: ['me', 's3cret'] } }));
      await advance(LIMIT);
      expect((asked.value as Error).message).toContain(message);
      expect((asked.value as Error).message).toMatch(/user name and password/);
      expect((asked.value as Error).message).not.toContain('commandTimeout');
      expect(inspect(asked.value, { depth: 9, showHidden: true })).not.toContain('s3cret');
    },
  );

  it('and not what went wrong before the connection stood again', async () => {
    const { client, requests } = connect('connecting');
    client.emit('error', new Error('ECONNREFUSED'));
    client.become('ready');
    const asked = ask(requests);
    await advance(LIMIT);
    expect((asked.value as Error).message).not.toContain('ECONNREFUSED');
    expect(cause(asked)).toBeUndefined();
  });

  it('by its code where it says nothing itself', async () => {
    const { client, requests } = connect('connecting');
    client.emit(
      'error',
      Object.assign(new AggregateError([new Error('one'), new Error('two')]), { code: 'ECONNREFUSED' }),
    );
    const asked = ask(requests);
    await advance(LIMIT);
    expect((asked.value as Error).message).toContain('ECONNREFUSED');
  });
});

describe('a database that the server refuses', () => {
  useFakeClock();

  const refusal = (): Error =>
    Object.assign(new Error('ERR DB index is out of range'), { command: { name: 'select', args: ['99'] } });

  it('is not replaced by another one: nothing is sent', async () => {
    const { client, requests } = connect('connecting');
    const waiting = ask(requests);
    client.emit('error', refusal());
    client.become('ready');
    const asked = ask(requests);
    await flush();
    for (const { value } of [waiting, asked]) {
      expect(value).toMatchObject({ wasSent: false, message: expect.stringContaining('out of range') });
    }
    expect(client.sent).toEqual([]);
  });

  it('may be accepted by the next connection', async () => {
    const { client, requests } = connect('connecting');
    client.emit('error', refusal());
    client.become('ready');
    client.become('close');
    client.become('ready');
    const asked = ask(requests);
    client.sent[0]!.answer('word');
    await flush();
    expect(asked.state).toBe('resolved');
  });
});

describe('the connection', () => {
  useFakeClock();

  it('is counted when it breaks', () => {
    const { client, requests } = connect();
    const { epoch } = requests.link;
    client.become('close');
    client.become('ready');
    client.become('close');
    expect(requests.link.epoch - epoch).toBe(2);
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
