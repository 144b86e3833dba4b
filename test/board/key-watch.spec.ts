/** Which processes are asked about a key that is looked at, and what is remembered of those that are not asked this time. */
import { KeyWatch } from '../../lib/board/key-watch.js';
import type { KeyInspection } from '../../lib/lock.operations.js';

let time = 0;

/** A key that so many processes hold and wait for, of which these say something. */
function inspection(ids: readonly string[], speaking: readonly string[]): KeyInspection {
  const [first, ...others] = ids.map((id) => `${id}:token`);
  const token = first!;
  const report = { label: 'ship', mode: 'write', fencingToken: 1, heldMs: 5, depth: 1 } as const;
  const reports = speaking.includes(ids[0]!) ? [report] : null;
  const state = { token, fencingToken: 1, expiresIn: 1_000, weight: 1, limit: 1 };
  const holder = { ...state, process: null, reports, localWaiters: null };
  const waiters = others.map((each) => ({
    token: each,
    process: null,
    report: speaking.includes(each.split(':')[0]!) ? { label: 'next', callers: 1, waitedMs: 5 } : null,
  }));
  return { key: 'key', holders: [holder], holder, waiting: others, waiters, lastFencingToken: 1 } as KeyInspection;
}

it('asks in turn those that were not asked for the longest time, and the more there are the less often', () => {
  time = 0;
  const watch = new KeyWatch('key', () => time);
  const ids = Array.from({ length: 6 }, (_, i) => `process-00${i}`);
  const asked: string[] = [];
  for (let round = 0; round < 8; round++) {
    const some = watch.toAsk(ids).slice(0, 2);
    asked.push(...some);
    watch.see(inspection(ids, []), new Set(some));
    time += 500;
  }
  // Six of them are asked every three seconds each.
  expect(asked).toEqual([...ids, ...ids.slice(0, 4)]);
  time += 10_000;
  expect(watch.toAsk(ids)).toEqual([...ids.slice(4), ...ids.slice(0, 4)]);
});

it('remembers what a process said that is not asked this time, and that one which was asked did not answer', () => {
  time = 0;
  const watch = new KeyWatch('key', () => time);
  const ids = ['process-000', 'process-001', 'process-002'];
  watch.toAsk(ids);
  watch.see(inspection(ids, ['process-000', 'process-001']), new Set(ids.slice(0, 2)));
  time = 1_000;
  watch.see(inspection(ids, []), new Set());
  const { holders, waiters } = watch.view();
  expect(holders[0]).toMatchObject({ isAsked: true, reports: [{ label: 'ship', heldMs: 1_005 }] });
  expect(waiters).toMatchObject([{ report: { label: 'next', waitedMs: 1_005 } }, { isAsked: false, report: null }]);
  watch.see(inspection(ids, []), new Set(ids));
  expect(watch.view()).toMatchObject({
    holders: [{ isAsked: true, reports: null }],
    waiters: [
      { isAsked: true, report: null },
      { isAsked: true, report: null },
    ],
  });
  // The process of the board answers without being asked.
  watch.see(inspection(ids, ['process-000']), new Set());
  expect(watch.view().holders[0]).toMatchObject({ isAsked: true, reports: [{ label: 'ship' }] });
});
