/** One subscription per process, opened when it is needed, and nobody waits for it longer than it is worth. */
import { describe, expect, it, jest } from '@jest/globals';
import { CHANNEL_PREFIX, GrantChannel } from '../../lib/stores/redis/grant-channel.js';
import { outcomeOf } from './support/engine.js';
import { advance, flush, useFakeClock } from './support/fake-clock.js';
import { FakeRedis } from './support/fake-redis.js';

function tune() {
  const client = new FakeRedis();
  const tokens: string[] = [];
  const channel = new GrantChannel(
    () => client.duplicate(),
    'process',
    (token) => tokens.push(token),
  );
  const open = (limit = 60_000) => outcomeOf(channel.open(limit));
  return { channel, tokens, open, subscribers: client.children };
}

describe('the grant channel', () => {
  useFakeClock();

  it('opens no connection before somebody waits', () => {
    const { channel, subscribers } = tune();
    expect([subscribers.length, channel.isOpen]).toEqual([0, false]);
  });

  it('subscribes once, on one connection, however many wait', async () => {
    const { channel, open, subscribers } = tune();
    const opening = [open(), open(), open()];
    await flush();
    expect(opening.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
    expect(subscribers).toHaveLength(1);
    expect(subscribers[0]!.sent).toMatchObject([{ command: 'subscribe', args: [`${CHANNEL_PREFIX}process`] }]);
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    opening.push(open());
    await flush();
    expect(opening.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved', 'resolved']);
    expect([channel.isOpen, subscribers.length, jest.getTimerCount()]).toEqual([true, 1, 0]);
  });

  it('tells the token of each message', async () => {
    const { open, subscribers, tokens } = tune();
    open();
    subscribers[0]!.emit('message', 'channel', 'process 1');
    subscribers[0]!.emit('message', 'channel', Buffer.from('process 2'));
    expect(tokens).toEqual(['process 1', 'process 2']);
  });

  it.each([
    [300, 300],
    [60_000, 1_000],
  ])('does not make a waiter with %d ms left wait for it longer than %d ms', async (limit, longest) => {
    const { channel, open } = tune();
    const opening = open(limit);
    await advance(longest - 1);
    expect(opening.state).toBe('pending');
    await advance(1);
    expect([opening.state, channel.isOpen, jest.getTimerCount()]).toEqual(['resolved', false, 0]);
  });

  it('goes on subscribing when its waiters no longer wait for it', async () => {
    const { channel, open, subscribers } = tune();
    open(100);
    await advance(100);
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    expect(channel.isOpen).toBe(true);
  });

  it('that was refused lets its waiters go, and is opened anew by the next', async () => {
    const { channel, open, subscribers } = tune();
    const opening = open();
    subscribers[0]!.sent[0]!.fail(new Error('NOPERM'));
    await flush();
    expect([opening.state, channel.isOpen, subscribers[0]!.disconnects]).toEqual(['resolved', false, 1]);
    open();
    expect(subscribers).toHaveLength(2);
  });

  it('whose connection has ended for good is opened anew by the next', async () => {
    const { channel, open, subscribers } = tune();
    open();
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    subscribers[0]!.become('end');
    expect(channel.isOpen).toBe(false);
    open();
    subscribers[1]!.sent[0]!.answer(1);
    await flush();
    expect(channel.isOpen).toBe(true);
    subscribers[0]!.emit('end');
    expect(channel.isOpen).toBe(true);
  });

  it('connects a lazy connection by itself, and subscribes when it is ready', async () => {
    const lazy = new FakeRedis('wait');
    const channel = new GrantChannel(
      () => lazy,
      'process',
      () => undefined,
    );
    const opening = outcomeOf(channel.open(60_000));
    expect([lazy.connects, lazy.sent.length]).toEqual([1, 0]);
    lazy.become('ready');
    lazy.sent[0]!.answer(1);
    await flush();
    expect([opening.state, channel.isOpen]).toEqual(['resolved', true]);
  });

  it('subscribes anew after each reconnect', async () => {
    const { open, subscribers } = tune();
    open();
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    subscribers[0]!.become('close');
    subscribers[0]!.become('ready');
    expect(subscribers[0]!.sent.map(({ command }) => command)).toEqual(['subscribe', 'subscribe']);
  });

  it('survives a subscription that breaks off with its connection', async () => {
    const { channel, open, subscribers } = tune();
    const opening = open();
    subscribers[0]!.become('close');
    subscribers[0]!.sent[0]!.fail(new Error('Connection is closed.'));
    await flush();
    expect([opening.state, channel.isOpen, subscribers[0]!.disconnects]).toEqual(['pending', false, 0]);
    subscribers[0]!.become('ready');
    subscribers[0]!.sent[1]!.answer(1);
    await flush();
    expect([opening.state, channel.isOpen]).toEqual(['resolved', true]);
  });

  it('survives errors of its connection, which reconnects by itself', async () => {
    const { channel, open, subscribers } = tune();
    open();
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    subscribers[0]!.emit('error', new Error('ECONNRESET'));
    expect([channel.isOpen, subscribers.length]).toEqual([true, 1]);
  });

  it('closes its connection, and an answer that comes later opens nothing', async () => {
    const { channel, open, subscribers } = tune();
    const opening = open();
    channel.close();
    subscribers[0]!.sent[0]!.answer(1);
    await flush();
    expect([channel.isOpen, subscribers[0]!.disconnects, opening.state]).toEqual([false, 1, 'resolved']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has nothing to close when it was never opened', () => {
    const { channel, subscribers } = tune();
    channel.close();
    expect(subscribers).toEqual([]);
  });

  it('never keeps the process alive', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    tune().open();
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });
});
