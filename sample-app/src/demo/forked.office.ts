/** An office in a process of its own, which the demo can kill and pause. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Subject } from 'rxjs';
import type { OfficeConfig } from '../office.config.js';
import type { Office, OfficeEvent } from './office.js';
import type { OfficeMessage } from './office.process.js';

const LONGEST_CLOSING_MS = 5_000;
const PROGRAM = fileURLToPath(new URL('./office.process.js', import.meta.url));

export class ForkedOffice implements Office {
  readonly name: string;
  readonly events$ = new Subject<OfficeEvent>();
  url = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  /** Starts the process; it sells nothing before {@link opened} resolves. */
  constructor({ office, connection, prefix, clockLagMs }: OfficeConfig, program = PROGRAM) {
    this.name = office;
    const env = {
      ...process.env,
      OFFICE: office,
      REDIS_URL: connection,
      KEY_PREFIX: prefix,
      CLOCK_LAG_MS: String(clockLagMs),
    };
    this.child = fork(program, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.exited = once(this.child, 'exit');
  }

  get pid(): number {
    return this.child.pid!;
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.child.on('message', (message: OfficeMessage) => {
        if ('event' in message) return this.events$.next(message.event);
        this.url = message.url;
        resolve();
      });
      this.child.once('exit', (code, signal) => reject(new Error(`${this.name} ended with ${signal ?? code}.`)));
    });
  }

  /** SIGKILL: no hook runs, no lock is released. Resolves when the process is gone; a paused one goes as well. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Tells the process to close, and waits until it has; a few seconds at most. */
  async close(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    const late = setTimeout(() => this.child.kill('SIGKILL'), LONGEST_CLOSING_MS);
    await this.exited;
    clearTimeout(late);
  }

  /** SIGSTOP, as a long garbage collection or a frozen virtual machine would: the process stands still. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.child.kill('SIGCONT');
  }
}
