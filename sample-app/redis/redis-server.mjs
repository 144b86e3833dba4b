/**
 * Throw-away Redis servers for tests and the demo: private, on a free port of the loopback interface, with a temporary
 * folder of their own, and gone when their parent is gone, however it ended. A shell waits at the end of a pipe from
 * the parent; when the pipe closes it kills the server and removes the folder. Server and shell are in sessions of
 * their own, so that Ctrl-C reaches the parent only, and neither keeps the parent's event loop alive.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { anyLocalPort } from './local-port.mjs';
import { ensureRedisServer } from './redis-binary.mjs';

export { ensureRedisServer, findRedisServer } from './redis-binary.mjs';

const START_LIMIT_MS = 20_000;
const PORTS_TO_TRY = 20;
const RESTARTS_TO_TRY = 50;
const ADDRESS_IN_USE = /address already in use/i;

// Each line it reads is the pid of the server that now runs, or empty when none does.
const WATCHDOG = 'pid=; while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -9 "$pid"; rm -rf "$1"';

class RedisServer {
  #binary;
  #folder;
  #args;
  #watchdog;
  #child = null;
  #output = '';
  #stopped = false;

  constructor(binary, { persist = false, args = [] }) {
    this.#binary = binary;
    this.#folder = mkdtempSync(join(tmpdir(), 'throwaway-redis-'));
    const files = persist ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    this.#args = ['--bind', '127.0.0.1', '--dir', this.#folder, '--save', '', ...files, ...args];
    this.#watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'redis-watchdog', this.#folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watchdog.stdin.on('error', () => {}); // somebody ended the watchdog: the server still works
    this.#watchdog.stdin.unref();
    this.#watchdog.unref();
  }

  static async start(options) {
    const server = new RedisServer(await ensureRedisServer(), options);
    try {
      for (let attempt = 1; attempt <= PORTS_TO_TRY; attempt++) if (await server.#listen(anyLocalPort())) return server;
      throw new Error(`No free port found in ${PORTS_TO_TRY} attempts.`);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  port = 0;

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#running().pid;
  }

  get isRunning() {
    return this.#child !== null;
  }

  async pause() {
    const { pid } = this.#running();
    process.kill(pid, 'SIGSTOP');
    // The signal is delivered a moment later: only a server that has really stopped answers nothing more.
    while (process.platform === 'linux' && !/\) T/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await delay(1);
  }

  resume() {
    process.kill(this.#running().pid, 'SIGCONT');
  }

  async kill() {
    const child = this.#child;
    if (child === null) return;
    child.ref();
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async restart() {
    if (this.#stopped) throw new Error('This Redis server was stopped and its folder is gone: start another.');
    await this.kill();
    for (let attempt = 1; !(await this.#listen(this.port)); attempt++) {
      if (attempt === RESTARTS_TO_TRY) throw new Error(`Port ${this.port} was taken while its Redis server was down.`);
      await delay(100);
    }
  }

  async stop() {
    this.#stopped = true;
    await this.kill();
    if (this.#watchdog.exitCode !== null || this.#watchdog.signalCode !== null) return;
    this.#watchdog.ref();
    const exited = once(this.#watchdog, 'exit');
    this.#watchdog.stdin.end();
    await exited;
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }

  /** Starts the program; false when somebody else has the port. */
  async #listen(port) {
    this.port = port;
    this.#output = '';
    const child = spawn(this.#binary, ['--port', String(port), ...this.#args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    if (child.pid !== undefined) this.#watchdog.stdin.write(`${child.pid}\n`);
    child.once('exit', () => {
      this.#child = null;
      this.#watchdog.stdin.write('\n');
    });
    try {
      await this.#ready(child);
    } catch (error) {
      if (this.#child !== null) await this.kill();
      if (ADDRESS_IN_USE.test(this.#output)) return false;
      throw error;
    }
    for (const handle of [child, child.stdout, child.stderr]) handle.unref();
    return true;
  }

  /** Settles when the server accepts connections, or when it is clear that it never will. */
  async #ready(child) {
    let timer;
    const started = new Promise((resolve, reject) => {
      const fail = (what) => reject(new Error(`${this.#binary} ${what}\n${this.#output}`.trimEnd()));
      timer = setTimeout(() => fail(`was not ready after ${START_LIMIT_MS} ms`), START_LIMIT_MS);
      const read = (chunk) => {
        // The listener stays for good: a pipe that nobody reads fills up and blocks the server.
        this.#output = (this.#output + chunk).slice(-10_000);
        if (this.#output.includes('Ready to accept connections')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('close', (code, signal) => fail(`ended with ${signal ?? `status ${code}`}`));
      child.once('error', (error) => {
        this.#child = null;
        fail(`could not be started: ${error.message}`);
      });
    });
    await started.finally(() => clearTimeout(timer));
  }

  #running() {
    if (this.#child === null) throw new Error('The Redis server is not running.');
    return this.#child;
  }
}

export function startRedis(options = {}) {
  return RedisServer.start(options);
}
