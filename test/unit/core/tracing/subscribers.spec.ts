/** Subscribers of the tracing channels come and go, are many or none, and each sees what it was there for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { jest } from '@jest/globals';
import { acquireChannel, holdChannel, storeChannel } from '../../../../lib/core/tracing/channels.js';
import { LOCK_CHANNELS } from '../../../../lib/lock.channels.js';
import type { LockAcquireMessage, LockHoldMessage, LockStoreMessage } from '../../../../lib/lock.channels.js';
import { atEnd } from '../../../support/at-end.js';
import { hearChannel } from '../../../support/fakes/heard.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { deferred, rejection, until } from '../../../support/waiting.js';

const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd'];

describe('subscribers of the channels', () => {
  it('that are many all see the same messages', async () => {
    const [first, second] = [0, 1].map(() => hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire));
    const [third, fourth] = [0, 1].map(() => hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold));
    const [a] = openNeighbours(1);
    await (await a!.locks.acquire('key')).release();
    await until(() => third!.length === 4);
    for (const heard of [first!, third!]) expect(heard.map(({ part }) => part)).toEqual(PARTS);
    first!.forEach(({ message }, i) => expect(second![i]!.message).toBe(message));
    third!.forEach(({ message }, i) => expect(fourth![i]!.message).toBe(message));
    expect(first![0]!.message.id).toBe(third![0]!.message.id);
  });

  it('that are none cost nothing: no message is made', async () => {
    const [a, b] = openNeighbours(2);
    const published = [acquireChannel, holdChannel, storeChannel].flatMap((each) =>
      PARTS.map((part) => jest.spyOn(each[part as 'start'], 'publish')),
    );
    atEnd(() => jest.restoreAllMocks());
    await a!.locks.withLock(['key', 'other'], () => rejection(b!.locks.acquire('key', { wait: 0 })));
    const lock = await a!.locks.acquire('key');
    expect(Object.getOwnPropertyNames(lock)).toEqual([]);
    await lock.release();
    expect(published.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('of holding alone see it begin and end, though nobody asks how the lock came', async () => {
    const heard = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const [a] = openNeighbours(1);
    await a!.locks.withLock('key', async () => expect(heard.map(({ part }) => part)).toEqual(['start', 'end']));
    await until(() => heard.length === 4);
    expect(heard[3]!.message).toMatchObject({ end: 'released', keys: ['key'] });
  });

  it('that come meanwhile hear of the next lock, and those that go hear no more; neither concerns callers', async () => {
    const [a, b] = openNeighbours(2);
    const held = await a!.locks.acquire('key');
    // Asked for while nobody listens.
    const unseen = b!.locks.acquire('key', { wait: 60_000 });
    const ways: LockAcquireMessage[] = [];
    const listen = (message: unknown): void => void ways.push(message as LockAcquireMessage);
    for (const part of PARTS) subscribe(`tracing:${LOCK_CHANNELS.acquire}:${part}`, listen);
    const holds = hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold);
    const seen = b!.locks.acquire('key', { wait: 60_000, label: 'seen' });
    await until(() => b!.events.filter(({ type }) => type === 'waiting').length === 2);
    for (const part of PARTS) unsubscribe(`tracing:${LOCK_CHANNELS.acquire}:${part}`, listen);
    await held.release();
    await (await unseen).release();
    await (await seen).release();
    await until(() => holds.length === 4);
    expect(ways.map(({ label }) => label)).toEqual(['seen', 'seen']);
    // It came when nobody listened to that any more, and what is known of it is in the message all the same.
    expect(ways[0]).toMatchObject({ outcome: 'acquired', how: 'handed-on' });
    expect(new Set(holds.map(({ message }) => message.label))).toEqual(new Set(['seen']));
  });

  it('that leave while a lock is held keep the section from nothing, nor the lock from its release', async () => {
    const [a] = openNeighbours(1);
    const wrapped = jest.fn();
    const name = `tracing:${LOCK_CHANNELS.hold}:start`;
    const listen = (message: unknown): void => {
      unsubscribe(name, listen);
      (message as LockHoldMessage).wrap((section) => {
        wrapped();
        return section();
      });
    };
    subscribe(name, listen);
    expect(await a!.locks.withLock('key', async () => 'done')).toBe('done');
    expect(wrapped).toHaveBeenCalledTimes(1);
    expect((await a!.locks.inspect('key')).holders).toEqual([]);
  });

  it('are in the context of the caller, also where the lock came from another one', async () => {
    const request = new AsyncLocalStorage<string>();
    const contexts: [string, unknown][] = [];
    const note = (label: string): void => void contexts.push([label, request.getStore()]);
    hearChannel<LockAcquireMessage>(LOCK_CHANNELS.acquire, ({ message }) => note(message.label));
    hearChannel<LockHoldMessage>(LOCK_CHANNELS.hold, ({ message }) => note(message.label));
    const [a] = openNeighbours(1);
    const leave = deferred();
    const first = request.run('one', () => a!.locks.withLock('key', { label: 'first' }, () => leave.promise));
    const second = request.run('two', () => a!.locks.acquire('key', { label: 'second' }));
    leave.resolve();
    await first;
    // Given back by somebody else.
    await request.run('three', async () => (await second).release());
    await until(() => contexts.length === 16);
    const of = (label: string) => new Set(contexts.flatMap(([whose, store]) => (whose === label ? [store] : [])));
    expect([of('first'), of('second')]).toEqual([new Set(['one']), new Set(['two'])]);
  });

  it('may bind a context of their own to the way to the lock, which the caller does not keep', async () => {
    const span = new AsyncLocalStorage<unknown>();
    const { start } = tracingChannel(LOCK_CHANNELS.acquire);
    start.bindStore(span, (message) => (message as LockAcquireMessage).label);
    atEnd(() => start.unbindStore(span));
    const requests: unknown[] = [];
    hearChannel<LockStoreMessage>(LOCK_CHANNELS.store, ({ part, message }) => {
      if (part === 'start') requests.push([message.operation, span.getStore()]);
    });
    const [a] = openNeighbours(1);
    const lock = await a!.locks.acquire('key', { label: 'order' });
    expect([requests, span.getStore()]).toEqual([[['acquire', 'order']], undefined]);
    await lock.release();
  });
});
