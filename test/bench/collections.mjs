/**
 * `node test/bench/collections.mjs`: why leases, waiters and requests stand in linked lists. What comes and goes with every
 * lock is kept in a list, a Set or a Map, one after the other in a process of its own, and the young garbage collections of
 * each are measured. A Set or Map of such members becomes old itself, and points to young members for ever after.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { PerformanceObserver, constants } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { formatTable } from './table.mjs';

const SECONDS = 4;
/** So many stand in the collection at once, and each drags so much along. */
const MEMBERS = 64;
const PAYLOAD = 8;

const kinds = {
  list() {
    let last;
    return {
      add(member) {
        member.before = last;
        if (last) last.behind = member;
        last = member;
      },
      remove(member) {
        const { before, behind } = member;
        if (before) before.behind = behind;
        if (behind) behind.before = before;
        else last = before;
        // A member that is old by now would keep all that came behind it.
        member.before = member.behind = undefined;
      },
    };
  },
  Set() {
    const set = new Set();
    return { add: (member) => set.add(member), remove: (member) => set.delete(member) };
  },
  Map() {
    const map = new Map();
    return { add: (member) => map.set(member.name, member), remove: (member) => map.delete(member.name) };
  },
};

/** Lets members come and go for a while; answers how long the young collections took, in milliseconds. */
async function measure(kind) {
  const pauses = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries()) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) pauses.push(duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const collection = kinds[kind]();
  const present = [];
  let count = 0;
  for (const end = performance.now() + SECONDS * 1_000; performance.now() < end;) {
    for (let i = 0; i < 1_000; i++) {
      const payload = Array.from({ length: PAYLOAD }, (_, j) => ({ j }));
      const member = { name: `member ${count++}`, payload, before: undefined, behind: undefined };
      collection.add(member);
      present.push(member);
      if (present.length > MEMBERS) collection.remove(present.shift());
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  observer.disconnect();
  pauses.sort((a, b) => a - b);
  return { count, collections: pauses.length, median: pauses[pauses.length >> 1], worst: pauses.at(-1) };
}

const file = fileURLToPath(import.meta.url);
if (process.send) {
  process.send(await measure(process.argv[2]));
} else {
  const rows = [];
  for (const kind of Object.keys(kinds)) {
    const child = fork(file, [kind]);
    const [{ count, ...figures }] = await once(child, 'message');
    rows.push({ entry: { contestant: { name: kind } }, rate: count / SECONDS / 1_000, ...figures });
  }
  const columns = [
    { key: 'rate', label: 'members/ms', digits: 0 },
    { key: 'collections', label: 'young collections', digits: 0 },
    { key: 'median', label: 'median ms', digits: 2 },
    { key: 'worst', label: 'worst ms', digits: 2 },
  ];
  console.log(formatTable({ title: `${MEMBERS} members that come and go`, columns, rows, notes: [] }));
}
