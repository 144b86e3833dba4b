/**
 * What is asked for while an answer is to come travels together, one call a turn; what goes wrong with a call goes wrong
 * with no other.
 */
import { describe, expect, it, jest } from '@jest/globals';
import { GroupCommit } from '../../../../lib/stores/redis/group-commit.js';
import type { Recipient } from '../../../../lib/stores/redis/group-commit.js';

/** Asks for one thing, and writes down how that ends. */
class Asked implements Recipient {
  readonly outcomes: unknown[] = [];

  constructor(readonly name: string) {}

  succeed(reply: unknown): void {
    this.outcomes.push(reply);
  }

  fail(error: unknown): void {
    this.outcomes.push(error);
  }
}

/** One call as it is sent. */
interface Call extends Recipient {
  readonly entries: readonly Asked[];
}

function open(size = 32) {
  const sent: Call[] = [];
  const commit = new GroupCommit<Asked>((group) => void sent.push(group), size);
  const add = (...names: string[]): Asked[] => {
    const all = names.map((name) => new Asked(name));
    for (const each of all) commit.add(each);
    return all;
  };
  /** What each call has asked for. */
  const calls = (): string[] => sent.map(({ entries }) => entries.map(({ name }) => name).join(''));
  return { add, sent, calls, flush: () => commit.flush() };
}

/** As {@link open}, with one call on its way that shall not count. */
function openBusy(size?: number) {
  const scene = open(size);
  scene.add('first');
  const first = scene.sent.shift()!;
  return { ...scene, first };
}

/** The running code and what it has set going has had its say. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a request', () => {
  it('leaves at once when nothing is under way', () => {
    const { add, calls } = open();
    add('a');
    expect(calls()).toEqual(['a']);
  });

  it('is answered by the reply as it is when it travelled alone', () => {
    const { add, sent } = open();
    const [a] = add('a');
    sent[0]!.succeed(7);
    expect(a!.outcomes).toEqual([7]);
  });

  it('leaves at once again after each answer', async () => {
    const { add, calls, sent } = open();
    add('a');
    sent[0]!.succeed(7);
    add('b');
    expect(calls()).toEqual(['a', 'b']);
    sent[1]!.fail(new Error('broken'));
    add('c');
    expect(calls()).toEqual(['a', 'b', 'c']);
    await turn();
    expect(calls()).toHaveLength(3);
  });

  it('does not overtake those that are being put together', async () => {
    const { add, calls, first } = openBusy();
    add('a');
    first.succeed(7);
    add('b');
    expect(calls()).toEqual([]);
    await turn();
    expect(calls()).toEqual(['ab']);
  });
});

describe('what is being put together', () => {
  it('can be sent ahead of what goes another way, once', async () => {
    const { add, calls, flush } = openBusy();
    add('a', 'b');
    flush();
    expect(calls()).toEqual(['ab']);
    flush();
    await turn();
    expect(calls()).toHaveLength(1);
  });
});

describe('requests of one turn', () => {
  it('that come while an answer is to come are one call, in the order of asking', async () => {
    const { add, calls } = openBusy();
    add('a', 'b', 'c');
    expect(calls()).toEqual([]);
    await turn();
    expect(calls()).toEqual(['abc']);
  });

  it('that come with nothing under way are one call behind the first of them', async () => {
    const { add, calls } = open();
    add('a', 'b', 'c');
    await turn();
    expect(calls()).toEqual(['a', 'bc']);
  });

  it('include those of code that was set going already', async () => {
    const { add, calls } = openBusy();
    add('a');
    void Promise.resolve().then(() => add('b'));
    process.nextTick(() => add('too late'));
    await turn();
    expect(calls().join('')).toBe('abtoo late');
    expect(calls().length).toBeLessThanOrEqual(2);
  });

  it('never wait for those of the next, nor for an answer', async () => {
    const { add, calls } = openBusy();
    add('a');
    await turn();
    add('b');
    await turn();
    expect(calls()).toEqual(['a', 'b']);
  });

  it('are answered each by its own part of the reply', async () => {
    const { add, sent } = openBusy();
    const asked = add('a', 'b', 'c');
    await turn();
    sent[0]!.succeed(['A', 'B', 'C']);
    expect(asked.map(({ outcomes }) => outcomes)).toEqual([['A'], ['B'], ['C']]);
  });

  it('are several calls where one would be too large', async () => {
    const { add, calls } = openBusy(3);
    add('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await turn();
    expect(calls()).toEqual(['abc', 'def', 'g']);
  });

  it('leave in the middle of the turn once they fill a call', async () => {
    const { add, calls } = openBusy(2);
    add('a', 'b', 'c');
    expect(calls()).toEqual(['ab']);
    await turn();
    expect(calls()).toEqual(['ab', 'c']);
  });

  it('travel each by itself where keys must not share a call', async () => {
    const { add, calls } = openBusy(1);
    add('a', 'b');
    expect(calls()).toEqual(['a', 'b']);
    await turn();
    expect(calls()).toHaveLength(2);
  });

  it('fail together with their call, and with no other', async () => {
    const { add, sent } = openBusy(2);
    const asked = add('a', 'b', 'c', 'd');
    await turn();
    const error = new Error('broken');
    sent[0]!.fail(error);
    sent[1]!.succeed(['C', 'D']);
    expect(asked.map(({ outcomes }) => outcomes)).toEqual([[error], [error], ['C'], ['D']]);
  });

  it('are not held back by a fake clock, which stops nextTick too', async () => {
    jest.useFakeTimers();
    try {
      const { add, calls } = openBusy();
      add('a');
      for (let i = 0; i < 20; i++) await Promise.resolve();
      jest.useRealTimers();
      await turn();
      expect(calls()).toEqual(['a']);
    } finally {
      jest.useRealTimers();
    }
  });
});
