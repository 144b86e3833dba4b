/**
 * What the process of a contestant does in cases that hold or want many keys at once and look at what that costs. It
 * needs nothing but `run`: a lock is held by a section that waits until it is told to end.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

/** So many are asked for at once. */
const CHUNK = 500;

let leave = () => {};
let sections = [];

const steps = {
  /**
   * Takes so many keys, or the same ones over and over where those can be shared, or as many without a lock (`bare`);
   * answers when all are held.
   */
  async take(session, _milliseconds, { name, count, keys = count, bare = false }) {
    for (let begun = 0; begun < count; begun += CHUNK) {
      const size = Math.min(CHUNK, count - begun);
      await Promise.all(begin(bare ? withoutLock : session, size, (i) => `${name}${(begun + i) % keys}`));
    }
  },

  /** Asks for so many keys, the same ones over and over, that somebody else holds; answers when all were asked for. */
  async ask(session, _milliseconds, { name, count, keys, bare = false }) {
    for (let begun = 0; begun < count; begun += CHUNK) {
      begin(bare ? forEver : session, Math.min(CHUNK, count - begun), (i) => `${name}${(begun + i) % keys}`);
      await turn();
    }
  },

  /** Ends all sections; answers how many did not end well, as those whose lock was lost. */
  async leave() {
    leave();
    const ended = await Promise.allSettled(sections.splice(0));
    return { failed: ended.filter(({ status }) => status === 'rejected').length };
  },

  /** Does nothing for a while; what the worker adds, the processor time, is what is asked for. */
  async rest(_session, milliseconds) {
    const begin = performance.now();
    await delay(milliseconds);
    return { elapsed: performance.now() - begin };
  },

  /** How late timers are, in milliseconds: the 99th percentile and the worst. A timer each millisecond costs time itself. */
  async watch(_session, milliseconds) {
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    await delay(milliseconds);
    delays.disable();
    return { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 };
  },

  /** Bytes of the heap that are in use; needs `--expose-gc`. */
  async heap() {
    for (let i = 0; i < 4; i++) {
      globalThis.gc();
      await delay(20);
    }
    return { bytes: process.memoryUsage().heapUsed };
  },
};

/** A `work` of a case. */
export async function workHolding(session, milliseconds, detail) {
  return (await steps[detail.step](session, milliseconds, detail)) ?? {};
}

const withoutLock = { run: (_key, section) => section() };
const forEver = { run: (_key, section) => new Promise(() => {}).then(section) };

/** Begins so many sections; answers when each is entered, or failed. */
function begin(session, count, keyOf) {
  const end = nextEnd();
  return Array.from({ length: count }, (_, i) => {
    let ended;
    const entered = new Promise((resolve, reject) => {
      ended = session.run(keyOf(i), () => {
        resolve();
        return end;
      });
      ended.catch(reject);
    });
    entered.catch(() => {}); // those who are not waited for may fail when their process is closed
    sections.push(ended);
    return entered;
  });
}

let end;

/** One promise that all sections wait for, until the next `leave`. */
function nextEnd() {
  end ??= new Promise((resolve) => {
    leave = () => {
      resolve();
      end = undefined;
    };
  });
  return end;
}
