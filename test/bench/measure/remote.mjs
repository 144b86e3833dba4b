/** A contestant in a process of its own, as the benchmark sees it: an entry of the tables. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { within } from './within.mjs';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
const LIMIT_MS = 60_000;

/** Starts the process, opens a session in it and sees it exclude. `failure` says why there is none. */
export async function openRemote(contestant, redisUrl) {
  const entry = new Remote(contestant, redisUrl);
  try {
    await entry.order('open');
  } catch (error) {
    entry.failure = error.message;
  }
  return entry;
}

class Remote {
  #child;
  failure;

  constructor(contestant, redisUrl) {
    this.contestant = contestant;
    this.#child = fork(WORKER, [contestant.id, redisUrl], { serialization: 'advanced' });
  }

  /** Works on a case for so long, see `worker.mjs`. */
  work(name, milliseconds, detail) {
    return this.order('work', name, milliseconds, detail);
  }

  async order(order, ...args) {
    const child = this.#child;
    if (!child.connected) throw new Error('its process is gone');
    let settle;
    const answered = new Promise((resolve, reject) => {
      settle = { resolve: ({ failure, answer }) => (failure ? reject(new Error(failure)) : resolve(answer)) };
      settle.exit = (code, signal) => reject(new Error(`its process ended with ${signal ?? `status ${code}`}`));
      child.once('message', settle.resolve).once('exit', settle.exit);
      child.send({ order, args });
    });
    try {
      return await within(LIMIT_MS, `"${order}"`, answered);
    } finally {
      child.off('message', settle.resolve).off('exit', settle.exit);
    }
  }

  /** Ends the session, and the process with whatever a contestant that failed has left open in it. */
  async close() {
    try {
      if (this.failure === undefined) await this.order('close');
    } finally {
      if (this.#child.connected) this.#child.disconnect();
    }
  }
}
