import { jest } from '@jest/globals';
import { Outside } from '../../../../lib/core/context/outside.js';
import { Correspondence } from '../../../../lib/core/operations/correspondence.js';
import { writeAnswer, writeQuestion } from '../../../../lib/core/operations/letters.js';
import type { LockStore } from '../../../../lib/stores/lock-store.js';
import { advance, lastingTimers, useFakeClock } from '../../../support/fakes/fake-clock.js';

const [ME, YOU, OTHER] = ['me.........', 'you........', 'other......'];
const NOTHING = { holders: [], waiters: [] };

function open(tell: LockStore['tell']) {
  const sent: [string, string][] = [];
  const store = {
    tell: (to: string, text: string) => {
      sent.push([to, text]);
      return tell!(to, text);
    },
    hear: () => Promise.reject(new Error('deaf')),
  } as Partial<LockStore> as LockStore;
  const forced = jest.fn();
  const post = new Correspondence({ store, processId: ME, outside: new Outside(), report: () => NOTHING, forced });
  const idOf = (i: number) => (JSON.parse(sent[i]![1]) as { id: string }).id;
  return { post, sent, forced, idOf };
}

describe('questions to processes', () => {
  useFakeClock();

  it('are answered by those that do so in time; by itself at once', async () => {
    const { post, idOf } = open(async () => true);
    const asked = post.ask([ME, YOU, OTHER], 'key', 500);
    await advance(1);
    post.told(writeAnswer({ id: idOf(0), from: YOU, report: NOTHING }));
    // Of a process that was not asked, and to another question.
    post.told(writeAnswer({ id: idOf(0), from: 'stranger...', report: NOTHING }));
    post.told(writeAnswer({ id: '999', from: OTHER, report: NOTHING }));
    await advance(500);
    expect([...(await asked).keys()]).toEqual([ME, YOU]);
    expect(await lastingTimers()).toBe(0);
  });

  it('to processes that certainly do not hear are not waited for', async () => {
    const { post } = open(async () => false);
    expect((await post.ask([YOU, OTHER], 'key', 60_000)).size).toBe(0);
    const { post: failing } = open(() => Promise.reject(new Error('down')));
    expect((await failing.ask([YOU], 'key', 60_000)).size).toBe(0);
    expect(await lastingTimers()).toBe(0);
  });

  it('are answered to the one that asked, and not for ever', async () => {
    const { post, sent } = open(async () => true);
    for (let i = 0; i < 1_000; i++) post.told(writeQuestion({ id: String(i), from: YOU, key: 'key' }));
    expect(sent.length).toBe(50);
    expect(sent[0]![0]).toBe(YOU);
    await advance(1_000);
    post.told(writeQuestion({ id: 'again', from: YOU, key: 'key' }));
    expect(sent.length).toBe(51);
  });

  it('and whatever else is said do no harm', () => {
    const { post, sent, forced } = open(async () => true);
    for (const text of ['', '{}', 'x'.repeat(1e6), '{"kind":"question"}']) post.told(text);
    expect([sent, forced.mock.calls]).toEqual([[], []]);
  });
});
