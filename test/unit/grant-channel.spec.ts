/** One subscription per process, opened when somebody waits; a grant is heard of, or it is said that some may be missed. */
import { describe, expect, it, jest } from '@jest/globals';
import { CHANNEL_PREFIX, GrantChannel } from '../../lib/stores/redis/grant-channel.js';
import type { Grant } from '../../lib/stores/lock-store.js';
import { flush, useFakeClock } from './support/fake-clock.js';
import { FakeRedis } from './support/fake-redis.js';

const MESSAGE = 'process-1 1790000000000007 2000 1790000000000000';
const GRANT: Grant = { token: 'process-1', fencingToken: 1_790_000_000_000_007, ttl: 2_000, at: 1_790_000_000_000_000 };

function tune(status = 'ready') {
  const subscribers: FakeRedis[] = [];
  const grants: Grant[] = [];
  const heard = { resumes: 0 };
  const open = (): FakeRedis => {
    const subscriber = new FakeRedis(status);
    subscribers.push(subscriber);
    return subscriber;
  };
  const channel = new GrantChannel(open, 'process', 2_000, {
    granted: (grant) => grants.push(grant),
    resumed: () => (heard.resumes += 1),
  });
  return { channel, grants, subscribers, heard };
}

/** A channel whose subscription the server has confirmed. */
async function tuned() {
  const bench = tune();
  bench.channel.open();
  bench.subscribers[0]!.sent[0]!.answer(1);
  await flush();
  return bench;
}

describe('the grant channel', () => {
  useFakeClock();

  it('opens no connection before somebody waits', () => {
    expect(tune().subscribers).toEqual([]);
  });

  it('subscribes once, on one connection, however many wait', async () => {
    const { channel, subscribers, heard } = tune();
    for (let i = 0; i < 3; i++) channel.open();
    expect(subscribers).toHaveLength(1);
    expect(subscribers[0]!.sent).toMatchObject([{ command: 'subscribe', args: [`${CHANNEL_PREFIX}process`] }]);
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    channel.open();
    expect([subscribers.length, subscribers[0]!.sent.length, heard.resumes]).toEqual([1, 1, 1]);
  });

  it('says that grants may have been missed once the server has confirmed, not before', async () => {
    const { channel, subscribers, heard } = tune();
    channel.open();
    await flush();
    expect(heard.resumes).toBe(0);
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    expect(heard.resumes).toBe(1);
  });

  it('tells the grant of each message', async () => {
    const { grants, subscribers } = await tuned();
    subscribers[0]!.emit('message', 'channel', MESSAGE);
    subscribers[0]!.emit('message', 'channel', Buffer.from(MESSAGE.replace('-1', '-2')));
    expect(grants).toEqual([GRANT, { ...GRANT, token: 'process-2' }]);
  });

  it.each([
    '',
    ' ',
    'process-1',
    'process-1 7 2000',
    'process-1 7 2000 7 7',
    'process-1 7 2000 x',
    'process-1 7 2000 ',
    'process-1 7 2000 -7',
    'process-1 7 0 7',
    'process-1 7 -5 7',
    'process-1 7 2001 7',
    'process-1 7 1e3 7',
    'process-1 7 0x10 7',
    'process-1 7 Infinity 7',
    'process-1 7 2000 Infinity',
    'process-1 Infinity 2000 7',
    'process-1 6 2000 7',
    'process-1 7.5 2000 7',
    'process-1 86400000008 2000 7',
    'process-1 9007199254740992 2000 9007199254740992',
    'process-1 9007199254740992 2000 1790000000000000',
    ' 7 2000 7',
  ])('takes a message that is none for nothing (%j)', async (message) => {
    const { grants, subscribers } = await tuned();
    subscribers[0]!.emit('message', 'channel', message);
    expect(grants).toEqual([]);
  });

  it('keeps what its listener throws from the connection', async () => {
    const subscriber = new FakeRedis();
    const fail = (): never => {
      throw new Error('from the listener of a test');
    };
    new GrantChannel(() => subscriber, 'process', 2_000, { granted: fail, resumed: fail }).open();
    subscriber.sent[0]!.answer(1);
    await flush();
    expect(() => subscriber.emit('message', 'channel', MESSAGE)).not.toThrow();
    expect(subscriber.disconnects).toBe(0);
  });

  it('that was refused is closed, and opened anew by the next', async () => {
    const { channel, subscribers } = tune();
    channel.open();
    subscribers[0]!.sent[0]!.fail(new Error('NOPERM'));
    await flush();
    expect(subscribers[0]!.disconnects).toBe(1);
    channel.open();
    expect(subscribers).toHaveLength(2);
  });

  it('whose connection has ended for good is opened anew by the next', async () => {
    const { channel, subscribers } = await tuned();
    subscribers[0]!.become('end');
    channel.open();
    expect(subscribers).toHaveLength(2);
    subscribers[0]!.emit('end');
    expect(subscribers[1]!.disconnects).toBe(0);
    channel.open();
    expect(subscribers).toHaveLength(2);
  });

  it('connects a lazy connection by itself, and subscribes when it is ready', async () => {
    const { channel, subscribers, heard } = tune('wait');
    channel.open();
    const lazy = subscribers[0]!;
    expect([lazy.connects, lazy.sent.length]).toEqual([1, 0]);
    lazy.become('ready');
    lazy.sent[0]!.answer(1);
    await flush();
    expect(heard.resumes).toBe(1);
  });

  it('subscribes anew after each reconnect, and says that grants may have been missed', async () => {
    const { subscribers, heard } = await tuned();
    subscribers[0]!.become('close');
    subscribers[0]!.become('ready');
    expect(subscribers[0]!.sent.map(({ command }) => command)).toEqual(['subscribe', 'subscribe']);
    expect(heard.resumes).toBe(1);
    subscribers[0]!.sent[1]!.answer(1);
    await flush();
    expect(heard.resumes).toBe(2);
  });

  it('survives a subscription that breaks off with its connection', async () => {
    const { channel, subscribers, heard } = tune();
    channel.open();
    subscribers[0]!.become('close');
    subscribers[0]!.sent[0]!.fail(new Error('Connection is closed.'));
    await flush();
    expect([subscribers[0]!.disconnects, heard.resumes]).toEqual([0, 0]);
    subscribers[0]!.become('ready');
    subscribers[0]!.sent[1]!.answer(1);
    await flush();
    expect(heard.resumes).toBe(1);
  });

  it('survives errors of its connection, which reconnects by itself', async () => {
    const { channel, subscribers } = await tuned();
    subscribers[0]!.emit('error', new Error('ECONNRESET'));
    channel.open();
    expect([subscribers.length, subscribers[0]!.disconnects]).toEqual([1, 0]);
  });

  it('closes its connection', async () => {
    const { channel, subscribers } = await tuned();
    channel.close();
    expect(subscribers[0]!.disconnects).toBe(1);
  });

  it('has nothing to close when it was never opened', () => {
    const { channel, subscribers } = tune();
    channel.close();
    expect(subscribers).toEqual([]);
  });

  it('has no timers: nobody waits for it', async () => {
    const { channel } = tune();
    channel.open();
    await flush();
    expect(jest.getTimerCount()).toBe(0);
  });
});
