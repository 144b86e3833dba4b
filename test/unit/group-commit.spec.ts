/** What is asked for in one turn travels as one call; what goes wrong with a call goes wrong with no other. */
import { describe, expect, it, jest } from '@jest/globals';
import { GroupCommit } from '../../lib/stores/redis/group-commit.js';
import { outcomeOf } from './support/engine.js';

/** What was sent in one call; each entry is answered by itself in capitals. */
interface Sent {
  readonly entries: readonly string[];
  answer(): void;
  fail(error: unknown): void;
}

function open(size = 32) {
  const sent: Sent[] = [];
  const commit = new GroupCommit<string>((entries, onReplies, fail) => {
    sent.push({ entries, answer: () => onReplies(entries.map((entry) => entry.toUpperCase())), fail });
  }, size);
  const add = (entries: readonly string[]): Promise<unknown[]> => commit.add(entries, (reply) => reply);
  return { add, sent };
}

/** The running code and what it has set going has had its say. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const entriesOf = (sent: readonly Sent[]): (readonly string[])[] => sent.map(({ entries }) => entries);

describe('requests of one turn', () => {
  it('are one call, in the order of asking', async () => {
    const { add, sent } = open();
    for (const entry of ['a', 'b', 'c']) outcomeOf(add([entry]));
    expect(sent).toEqual([]);
    await turn();
    expect(entriesOf(sent)).toEqual([['a', 'b', 'c']]);
  });

  it('include those of code that was set going already', async () => {
    const { add, sent } = open();
    outcomeOf(add(['a']));
    void Promise.resolve().then(() => outcomeOf(add(['b'])));
    process.nextTick(() => outcomeOf(add(['too late'])));
    await turn();
    expect(entriesOf(sent).flat()).toEqual(['a', 'b', 'too late']);
    expect(sent.length).toBeLessThanOrEqual(2);
  });

  it('never wait for those of the next, nor for an answer', async () => {
    const { add, sent } = open();
    outcomeOf(add(['a']));
    await turn();
    outcomeOf(add(['b']));
    await turn();
    expect(entriesOf(sent)).toEqual([['a'], ['b']]);
  });

  it('are answered each by its own part of the reply', async () => {
    const { add, sent } = open();
    const asked = [add(['a']), add(['b', 'c']), add([]), add(['d'])];
    await turn();
    sent[0]!.answer();
    expect(await Promise.all(asked)).toEqual([['A'], ['B', 'C'], [], ['D']]);
  });

  it('of a single caller are answered by the reply as it is', async () => {
    const { add, sent } = open();
    const asked = add(['a', 'b']);
    await turn();
    sent[0]!.answer();
    expect(await asked).toEqual(['A', 'B']);
  });

  it('are several calls where one would be too large', async () => {
    const { add, sent } = open(3);
    for (const entry of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) outcomeOf(add([entry]));
    await turn();
    expect(entriesOf(sent)).toEqual([['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]);
  });

  it('leave in the middle of the turn once they fill a call', async () => {
    const { add, sent } = open(2);
    for (const entry of ['a', 'b', 'c']) outcomeOf(add([entry]));
    expect(entriesOf(sent)).toEqual([['a', 'b']]);
    outcomeOf(add(['d', 'e']));
    expect(entriesOf(sent)).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
    await turn();
    expect(sent).toHaveLength(3);
  });

  it('never tear a list apart, and keep their order', async () => {
    const { add, sent } = open(3);
    for (const list of [['a', 'b'], ['c', 'd'], ['e', 'f', 'g', 'h', 'i'], ['j']]) outcomeOf(add(list));
    await turn();
    expect(entriesOf(sent)).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f', 'g', 'h', 'i'], ['j']]);
  });

  it('travel each by itself where keys must not share a call', async () => {
    const { add, sent } = open(1);
    for (const entry of ['a', 'b']) outcomeOf(add([entry]));
    await turn();
    expect(entriesOf(sent)).toEqual([['a'], ['b']]);
  });

  it('fail together with their call, and with no other', async () => {
    const { add, sent } = open(2);
    const asked = ['a', 'b', 'c', 'd'].map((entry) => outcomeOf(add([entry])));
    await turn();
    const error = new Error('broken');
    sent[0]!.fail(error);
    sent[1]!.answer();
    await turn();
    expect(asked).toEqual([
      { state: 'rejected', value: error },
      { state: 'rejected', value: error },
      { state: 'resolved', value: ['C'] },
      { state: 'resolved', value: ['D'] },
    ]);
  });

  it('are asked for anew after a call that failed', async () => {
    const { add, sent } = open();
    const first = outcomeOf(add(['a']));
    await turn();
    sent[0]!.fail(new Error('broken'));
    const second = outcomeOf(add(['a']));
    await turn();
    sent[1]!.answer();
    await turn();
    expect([first.state, second.state]).toEqual(['rejected', 'resolved']);
  });

  it('are not held back by a fake clock, which stops nextTick too', async () => {
    jest.useFakeTimers();
    try {
      const { add, sent } = open();
      outcomeOf(add(['a']));
      for (let i = 0; i < 20; i++) await Promise.resolve();
      jest.useRealTimers();
      await turn();
      expect(entriesOf(sent)).toEqual([['a']]);
    } finally {
      jest.useRealTimers();
    }
  });
});
