/** What asks the store for leases and gives them back: until the answer is certain, and nothing of it can be left. */
import { describe, expect, it, jest } from '@jest/globals';
import { Holder } from '../../../../lib/core/lease/holder.js';
import { DEFAULT_SETTINGS } from '../../../../lib/core/settings.js';
import { LockNotHeldError, LockUnavailableError } from '../../../../lib/lock.errors.js';
import type { LockEvent } from '../../../../lib/lock.events.js';
import { outcomeOf } from '../../../support/fakes/locks.js';
import { advance, flush, turns, useFakeClock } from '../../../support/fakes/fake-clock.js';
import { failing, Gate, hanging, saying, unheard } from '../../../support/fakes/fake-store.js';
import { grant, now, pass, TTL } from '../../../support/fakes/leases.js';
import { startTouching } from '../../../support/fakes/metronome.js';
import { Owner } from '../../../support/fakes/pending-leases.js';

/** Requests by themselves, and what they tell. */
function open() {
  const scene = startTouching();
  const { store, requests, events } = scene;
  const heard: LockEvent[] = [];
  events.stream$.subscribe((event) => heard.push(event));
  /** A lease that another process, or this one by other means, has got. */
  const take = async (key: string): Promise<{ key: string; token: string; fencingToken: number }> => {
    const token = `${store.processId} ${key}`;
    const [answer] = await store.server.acquire([{ key, token, limit: 1, weight: 1, ttl: TTL, wait: false }]);
    if (answer!.state !== 'held') throw new Error(`${key} is taken.`);
    return { key, token, fencingToken: answer!.fencingToken };
  };
  /** A pending lease that is asked for now. */
  const ask = (wait = true) => {
    const owner = new Owner(TTL);
    const pending = requests.pending.add('key', TTL, performance.now(), owner);
    requests.ask(pending, { ...DEFAULT_SETTINGS, ttl: TTL }, wait);
    return { pending, owner };
  };
  return { ...scene, heard, take, ask };
}

/** No timer is left, once the last has rung in vain. */
async function expectQuiet(): Promise<void> {
  await advance(1_000);
  expect(jest.getTimerCount()).toBe(0);
}

describe('a request for a lease', () => {
  useFakeClock();

  it('is for an exclusive lock, under the token of the pending lease', async () => {
    const { store, ask } = open();
    const { pending, owner } = ask();
    await flush();
    const { token } = pending;
    expect(store.sent('acquire')).toEqual([{ key: 'key', token, limit: 1, weight: 1, ttl: TTL, wait: true }]);
    expect(owner.log).toEqual(['admitted']);
  });

  it.each(['gone', 'busy'] as const)('that may wait and is answered "%s" is one without an answer', async (state) => {
    const { store, ask } = open();
    store.next('acquire', saying({ state, expiresIn: 1, at: 1 }));
    const { owner } = ask();
    await flush();
    expect(owner.log).toEqual(['failed']);
  });

  it('that was sent twice is taken back, though it was answered "busy"', async () => {
    const { store, ask } = open();
    store.next('acquire', saying({ state: 'busy', expiresIn: 1, at: 1, isInDoubt: true }));
    const { pending, owner } = ask(false);
    await flush();
    expect(owner.log).toEqual(['busy']);
    expect(store.sent('release')).toEqual([{ key: 'key', token: pending.token }]);
  });

  it.each([
    ['was granted', 'after', true],
    ['is granted only then', 'before', true],
    ['brings no answer', 'before', false],
  ] as const)('whose callers have left is taken back when it %s', async (_, when, isAnswered) => {
    const { store, ask } = open();
    const gate = new Gate<'acquire'>();
    store.next('acquire', gate[when]);
    const { pending, owner } = ask();
    pending.isAbandoned = true;
    pending.end();
    await flush();
    if (isAnswered) gate.open();
    else gate.fail();
    await flush();
    expect([owner.log, store.sent('release')[0]]).toEqual([[], { key: 'key', token: pending.token }]);
    expect((await store.look('key')).holders).toEqual([]);
  });

  it('is heard of by a grant, and by what is asked when grants may have been missed', async () => {
    const { store, ask, take } = open();
    const { key, token } = await take('key');
    const [first, second] = [ask(), ask()];
    await flush();
    await store.server.release([{ key, token }]);
    await flush();
    expect([first.owner.log, second.owner.log]).toEqual([['in line', 'admitted'], ['in line']]);
    store.deafen();
    await store.server.release([{ key, token: first.pending.token }]);
    store.listener!.resumed();
    await flush();
    expect(second.owner.log).toEqual(['in line', 'admitted']);
    expect(store.sent('touch').map((request) => request.token)).toContain(second.pending.token);
  });

  it('is looked after at once when that is asked, and not again a moment later', async () => {
    const { store, requests, ask, take } = open();
    await take('key');
    const { pending } = ask();
    await flush();
    await advance(100);
    requests.look(pending);
    expect(store.times('touch')).toEqual([100]);
    expect(pending.beat(1_000)).toBeUndefined();
  });
});

describe('waiting for all answers', () => {
  useFakeClock();

  it('is over at once when nothing was asked', async () => {
    const answered = outcomeOf(open().requests.answeredAll());
    await flush();
    expect(answered.state).toBe('resolved');
  });

  it('is over with the last of them, when what follows from it is done', async () => {
    const { store, requests, ask } = open();
    const gates = [new Gate<'acquire'>(), new Gate<'acquire'>()];
    for (const gate of gates) store.next('acquire', gate.after);
    const [first, second] = [ask(), ask()];
    const log: string[] = [];
    void requests.answeredAll().then(() => log.push(...first.owner.log, ...second.owner.log));
    await flush();
    gates[1]!.open();
    await turns(2);
    expect(log).toEqual([]);
    gates[0]!.open();
    await turns(2);
    expect(log).toEqual(['admitted', 'in line']);
  });
});

describe('a claim', () => {
  useFakeClock();

  it('asks for the full ttl at once, and again until an answer proves it', async () => {
    const { store, requests } = open();
    const lease = grant({ autoRenew: false });
    store.next('touch', failing);
    requests.claim(lease, 5_000);
    await flush();
    expect(store.sent('touch')).toEqual([{ key: 'key', token: 'token', ttl: 5_000 }]);
    expect(lease.failures).toHaveLength(1);
    expect(lease.dueAt).toBeLessThanOrEqual(250);
  });
});

describe('a renewal by hand', () => {
  useFakeClock();

  const held = () => {
    const lease = grant({ autoRenew: false });
    const holder = new Holder(lease, 0, { settings: DEFAULT_SETTINGS, id: 1, askedAt: now() }, now(), 'free');
    lease.onLost = (error) => holder.lose(error);
    return { lease, holder };
  };

  it('extends the lease from its sending, by the ttl of the holder where none is said', async () => {
    const { store, requests } = open();
    const { lease, holder } = held();
    pass(500);
    store.next('touch', saying({ state: 'held', fencingToken: 7 }));
    await requests.renew(holder, lease);
    expect([store.sent('touch'), lease.deadline]).toEqual([[{ key: 'key', token: 'token', ttl: TTL }], 1_488]);
  });

  it('is refused, and not sent, where nothing is held', async () => {
    const { store, requests } = open();
    const [ended, lost] = [held(), held()];
    ended.holder.end(now());
    lost.lease.lose('gone');
    await expect(requests.renew(ended.holder, ended.lease)).rejects.toBeInstanceOf(LockNotHeldError);
    await expect(requests.renew(lost.holder, lost.lease)).rejects.toBe(lost.holder.lossError);
    expect(store.calls).toEqual([]);
  });

  it('says what became of it: no answer, or a loss', async () => {
    const { store, requests } = open();
    const [unanswered, gone] = [held(), held()];
    store.next('touch', failing).next('touch', saying({ state: 'gone' }));
    const renewal = requests.renew(unanswered.holder, unanswered.lease);
    await expect(renewal).rejects.toBeInstanceOf(LockUnavailableError);
    expect(unanswered.holder.isHeld).toBe(true);
    await expect(requests.renew(gone.holder, gone.lease)).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });
});

describe('a release', () => {
  useFakeClock();

  it('is repeated with the last fencing token used, and without its successor', async () => {
    const { requests, store, take } = open();
    const { key, token, fencingToken: first } = await take('a');
    store.next('release', failing);
    const successor = { token: `${store.processId} next`, limit: 1, weight: 1, ttl: 500 };
    const fencingToken = first + 5;
    const answer = await requests.release({ key, token, fencingToken, successor }, TTL);
    expect(answer).toMatchObject({ state: 'unknown', error: { code: 'LOCK_UNAVAILABLE' } });
    await advance(500);
    expect(store.sent('release').slice(1)).toEqual([{ key, token, fencingToken }]);
    expect(await store.look('a')).toMatchObject({ holders: [], lastFencingToken: fencingToken });
  });

  it('that the store could not carry out among others is repeated like one that was not answered', async () => {
    const { requests, store, take, heard } = open();
    const { token } = await take('a');
    const error = new Error('OOM');
    store.next('release', saying({ state: 'unknown', error }));
    expect(await requests.release({ key: 'a', token }, TTL)).toMatchObject({ state: 'unknown', error });
    expect(heard).toMatchObject([{ type: 'failed', during: 'release', key: 'a', token }]);
    await advance(500);
    expect((await store.look('a')).holders).toEqual([]);
    await expectQuiet();
  });

  it('that is certain is sent once', async () => {
    const { requests, store, take } = open();
    const { key, token } = await take('a');
    expect(await requests.release({ key, token }, TTL)).toEqual({ state: 'released' });
    await expectQuiet();
    expect(store.sent('release')).toHaveLength(1);
  });

  it('of what may come to life yet is repeated although it was answered "gone"', async () => {
    const { requests, store, take } = open();
    await requests.giveBack('a', `${store.processId} a`, TTL, true);
    await take('a');
    await advance(500);
    expect((await store.look('a')).holders).toEqual([]);
    await expectQuiet();
  });

  it('after a request that was never sent is none', async () => {
    const { requests, store } = open();
    requests.takeBack('a', 'token', TTL, new LockUnavailableError('not sent', { wasSent: false }));
    await expectQuiet();
    expect(store.calls).toEqual([]);
  });

  it('of which the store hears late is repeated at once when the store says so', async () => {
    const { requests, store, take } = open();
    const { key, token } = await take('a');
    store.next('release', failing);
    await requests.release({ key, token }, TTL);
    store.listener!.resumed();
    await flush();
    expect([store.times('release'), (await store.look('a')).holders]).toEqual([[0, 0], []]);
  });
});

describe('a pass', () => {
  useFakeClock();

  const passOn = async (prepare: (scene: ReturnType<typeof open>) => void = () => undefined) => {
    const scene = open();
    const { requests, take } = scene;
    const { key, token, fencingToken } = await take('key');
    const owner = new Owner(500);
    const pending = requests.pending.add('key', 500, performance.now(), owner);
    prepare(scene);
    const answer = await requests.pass({ key, token, fencingToken }, TTL, pending, false);
    return { ...scene, owner, pending, answer };
  };

  it('gives a lease back and asks for the next in one request', async () => {
    const { store, owner, pending, answer } = await passOn();
    expect(store.calls.map(({ name }) => name)).toEqual(['release']);
    const { token } = pending;
    expect(store.sent('release')).toMatchObject([{ successor: { token, limit: 1, weight: 1, ttl: 500 } }]);
    expect([answer.state, owner.log]).toEqual(['released', ['admitted']]);
    expect((await store.look('key')).holders).toMatchObject([{ token, expiresIn: 500 }]);
  });

  it('that brought no answer is none for the successor either', async () => {
    const { owner, answer, store } = await passOn((scene) => scene.store.next('release', unheard));
    expect([answer.state, owner.log]).toEqual(['unknown', ['failed']]);
    expect(store.sent('release')).toHaveLength(1);
  });

  it('through a store that says nothing of the successor has not let it in', async () => {
    const { owner } = await passOn((scene) => scene.store.next('release', saying({ state: 'released' })));
    expect(owner.log).toEqual(['gone']);
  });
});

describe('the end of all requests', () => {
  useFakeClock();

  it('comes at once when nothing is held, and hears of no more grants', async () => {
    const { requests, store } = open();
    await requests.close(() => undefined);
    expect([store.listener, jest.getTimerCount()]).toEqual([null, 0]);
  });

  it('gives back what is taken away then, and waits for the answer', async () => {
    const { requests, store, take } = open();
    const { key, token } = await take('a');
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    const closed = outcomeOf(requests.close(() => void requests.giveBack(key, token, TTL)));
    await flush();
    expect(closed.state).toBe('pending');
    gate.open();
    await flush();
    expect(closed.state).toBe('resolved');
    expect((await store.look('a')).holders).toEqual([]);
  });

  it('waits for a release that is under way, and tries what brought no answer once more', async () => {
    const { requests, store, take } = open();
    const [a, b] = [await take('a'), await take('b')];
    store.next('release', failing);
    await requests.release({ key: 'a', token: a.token }, TTL);
    const gate = new Gate<'release'>();
    store.next('release', gate.before);
    outcomeOf(requests.release({ key: 'b', token: b.token }, TTL));
    const closed = outcomeOf(requests.close(() => undefined));
    await flush();
    expect([closed.state, (await store.look('a')).holders]).toEqual(['pending', []]);
    gate.open();
    await flush();
    expect([closed.state, (await store.look('b')).holders]).toEqual(['resolved', []]);
  });

  it('comes although the store never answers, and nothing is tried after it', async () => {
    const { requests, store } = open();
    store.always('release', hanging);
    outcomeOf(requests.giveBack('a', 'token', TTL));
    const closed = outcomeOf(requests.close(() => undefined));
    await advance(store.timeLimit);
    expect(closed.state).toBe('resolved');
    await advance(60_000);
    expect([store.sent('release').length, jest.getTimerCount()]).toEqual([1, 0]);
  });
});
