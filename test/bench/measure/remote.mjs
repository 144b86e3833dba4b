/** A contestant in a process of its own, as the benchmark sees it: an entry of the tables. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { pin, processors } from './processors.mjs';
import { within } from './within.mjs';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
const LIMIT_MS = 60_000;
const CLOSE_LIMIT_MS = 3_000;

/**
 * Starts the process, opens a session in it and sees it exclude. `failure` says why there is none.
 *
 * @param options `settings` for the contestant where they differ from `settings.mjs`; `nodeOptions` for its process, and
 *   the `processor` it runs on, `null` for any
 */
export async function openRemote(contestant, redisUrl, options) {
  const entry = new Remote(contestant, redisUrl, options);
  try {
    await entry.order('open');
  } catch (error) {
    entry.failure = error.message;
  }
  return entry;
}

class Remote {
  #child;
  #exited;
  failure;

  constructor(contestant, redisUrl, { settings = {}, nodeOptions = [], processor = processors.client } = {}) {
    this.contestant = contestant;
    this.#child = fork(WORKER, [contestant.id, redisUrl, JSON.stringify(settings)], {
      serialization: 'advanced',
      execArgv: nodeOptions,
    });
    if (processor !== null) pin(this.#child.pid, processor);
    this.#exited = once(this.#child, 'exit');
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

  /** Ends the session, and the process with whatever a contestant has left open in it. */
  async close() {
    try {
      if (this.failure === undefined) await within(CLOSE_LIMIT_MS, '"close"', this.order('close'));
    } catch {
      // It is of no interest any more how it ends, only that it does.
    } finally {
      await this.kill();
    }
  }

  /** Ends the process at once, whatever it is doing. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
