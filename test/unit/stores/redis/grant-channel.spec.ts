/** One subscription per process, opened when somebody waits; a grant is heard of, or it is said that some may be missed. */
import { describe, expect, it, jest } from '@jest/globals';
import { CHANNEL_PREFIX, GrantChannel } from '../../../../lib/stores/redis/grant-channel.js';
import type { Grant } from '../../../../lib/stores/lock-store.js';
import { advance, flush, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { FakeRedis } from '../../../support/fakes/fake-redis.js';

const MESSAGE = 'process-1 1790000000000007 2000 1790000000000000';
const GRANT: Grant = { token: 'process-1', fencingToken: 1_790_000_000_000_007, ttl: 2_000, at: 1_790_000_000_000_000 };

function tune(status = 'ready') {
  const subscribers: FakeRedis[] = [];
  const grants: Grant[] = [];
  const heard = { resumes: 0, deaf: 0 };
  const open = (): FakeRedis => {
    const subscriber = new FakeRedis(status);
    subscribers.push(subscriber);
    return subscriber;
  };
  /** What was published; by default it goes well, and is heard by nobody. */
  const words: string[] = [];
  const fate = { publish: () => Promise.resolve() as Promise<unknown> };
  const test = {
    publish: (channelName: string, word: string) => {
      expect(channelName).toBe(`${CHANNEL_PREFIX}process`);
      words.push(word);
      return fate.publish();
    },
    foundDeaf: () => (heard.deaf += 1),
  };
  const listener = { granted: (grant: Grant) => grants.push(grant), resumed: () => (heard.resumes += 1) };
  const channel = new GrantChannel(open, 'process', 2_000, listener, test, (token) => token === 'process-wish');
  return { channel, grants, subscribers, heard, words, fate };
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

  it('believes in an old fencing token only of a token that waits to be converted', async () => {
    const { subscribers, grants } = await tuned();
    const old = MESSAGE.replace('1790000000000007', '1780000000000000');
    const told = [old, old.replace('-1', '-wish'), old.replace('-1 1780', '-wish 0780'), MESSAGE];
    for (const message of told) subscribers[0]!.emit('message', 'channel', message);
    expect(grants).toEqual([{ ...GRANT, token: 'process-wish', fencingToken: 1_780_000_000_000_000 }, GRANT]);
  });

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

describe('a subscription that hears nothing', () => {
  useFakeClock();

  type Bench = Awaited<ReturnType<typeof tuned>>;

  /** Somebody waits for so long, and says so once a second. */
  async function wait({ channel, subscribers }: Bench, seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      await advance(1_000);
      channel.open();
      for (const { sent } of subscribers) for (const each of sent.splice(0)) each.answer(1);
      await flush();
    }
  }

  it('although the server published is replaced, and that is told once', async () => {
    const bench = await tuned();
    await wait(bench, 10);
    expect([bench.subscribers.length, bench.heard.deaf]).toEqual([2, 1]);
    expect(bench.subscribers[0]!.disconnects).toBe(1);
    await wait(bench, 30);
    expect(bench.heard.deaf).toBe(1);
  });

  it('again and again is replaced less and less often', async () => {
    const bench = await tuned();
    await wait(bench, 600);
    expect(bench.subscribers.length).toBeGreaterThan(5);
    expect(bench.subscribers.length).toBeLessThan(16);
  });

  it('is not replaced while it hears its own words, or grants', async () => {
    const bench = await tuned();
    for (let i = 0; i < 20; i++) {
      await wait(bench, 3);
      bench.subscribers[0]!.emit('message', 'channel', i % 2 ? MESSAGE : bench.words.at(-1));
    }
    expect([bench.subscribers.length, bench.heard.deaf]).toEqual([1, 0]);
    expect(bench.grants.length).toBe(10);
  });

  it('because one word was lost is not replaced', async () => {
    const bench = await tuned();
    await wait(bench, 5);
    expect(bench.words).toHaveLength(2);
    bench.subscribers[0]!.emit('message', 'channel', bench.words[1]);
    await wait(bench, 1);
    expect(bench.subscribers.length).toBe(1);
  });

  it('because nothing can be published is left alone', async () => {
    const bench = await tuned();
    bench.fate.publish = () => Promise.reject(new Error('NOPERM'));
    await wait(bench, 60);
    expect([bench.subscribers.length, bench.heard.deaf]).toEqual([1, 0]);
  });

  it('while nobody waits is nobody’s concern: nothing is published', async () => {
    const bench = await tuned();
    await advance(600_000);
    expect([bench.words.length, bench.subscribers.length]).toEqual([0, 1]);
  });

  it('is told of anew when one had heard in between', async () => {
    const bench = await tuned();
    await wait(bench, 10);
    bench.subscribers[1]!.emit('message', 'channel', MESSAGE);
    await wait(bench, 10);
    expect(bench.heard.deaf).toBe(2);
  });

  it('tells its former connection nothing any more', async () => {
    const bench = await tuned();
    await wait(bench, 10);
    bench.subscribers[0]!.emit('message', 'channel', MESSAGE);
    expect(bench.grants).toEqual([]);
  });
});

describe('a subscription that is refused', () => {
  useFakeClock();

  it('is asked for less and less often, however many wait', async () => {
    const { channel, subscribers } = tune();
    for (let i = 0; i < 600; i++) {
      channel.open();
      for (const each of subscribers.at(-1)!.sent.splice(0)) each.fail(new Error('NOPERM'));
      await advance(1_000);
    }
    expect(subscribers.length).toBeGreaterThan(5);
    expect(subscribers.length).toBeLessThan(20);
  });

  it('is asked for again when a cluster knew none of its servers', async () => {
    const subscribers: FakeRedis[] = [];
    let isLost = true;
    const open = (): FakeRedis => {
      if (isLost) throw new Error('The cluster has no server.');
      subscribers.push(new FakeRedis());
      return subscribers[0]!;
    };
    const channel = new GrantChannel(open, 'process', 2_000, { granted: () => undefined, resumed: () => undefined });
    channel.open();
    isLost = false;
    channel.open();
    expect(subscribers).toHaveLength(1);
  });
});
