/** A program that runs as a process of its own: it is asked things, tells things, and is stopped and killed. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** What a program sends. */
export type Message =
  | {
      readonly id: number;
      readonly result?: unknown;
      readonly error?: { readonly code: string; readonly text: string };
    }
  | { readonly event: string; readonly data: unknown };

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Told {
  readonly event: string;
  readonly data: unknown;
}

/** What to run, and who hears of what a program should never do. */
export interface ProgramStart {
  readonly name: string;
  /** The path of the JavaScript. */
  readonly path: string;
  /** Read by the program with `settings()`. */
  readonly settings: object;
  /** More flags of Node.js. */
  readonly flags?: readonly string[];
  /** It wrote on stderr, or ended though nobody wanted it to. */
  readonly onComplaint: (text: string) => void;
}

/** An error of a program, by its `code`. */
export class ProgramError extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

export class ChildProgram {
  readonly name: string;
  /** Resolves when the process has ended. */
  readonly exit: Promise<Exit>;
  /** Everything it told so far, in order. */
  readonly told: Told[] = [];
  private readonly child: ChildProcess;
  private readonly asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly listeners = new Set<(told: Told) => void>();
  private readonly onComplaint: (text: string) => void;
  private lastId = 0;
  private mayEnd = false;

  constructor({ name, path, settings, flags = [], onComplaint }: ProgramStart) {
    this.name = name;
    this.onComplaint = onComplaint;
    const execArgv = ['--unhandled-rejections=strict', '--expose-gc', '--enable-source-maps', ...flags];
    this.child = fork(path, [JSON.stringify(settings)], { execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.child.stderr!.on('data', (text) => onComplaint(`${name}: ${String(text)}`));
    this.child.on('message', (message: Message) => this.receive(message));
    this.exit = once(this.child, 'exit').then(([code, signal]) => this.ended({ code, signal }));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Has the program call one of its methods; rejects with a {@link ProgramError} when that does, or when it ends. */
  ask<Result>(method: string, ...args: unknown[]): Promise<Result> {
    const id = ++this.lastId;
    const answer = new Promise<Result>((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const gone = (error: Error | null): unknown => error && reject(new ProgramError('ENDED', error.message));
      this.child.send({ id, method, args }, gone);
    });
    // A test that has failed meanwhile asks for no answer any more.
    answer.catch(() => undefined);
    return answer;
  }

  /** What it told of the first event, past or future, that is as wanted. */
  async next<Data>(event: string, wanted: (data: Data) => boolean = () => true): Promise<Data> {
    const isWanted = (told: Told): boolean => told.event === event && wanted(told.data as Data);
    const before = this.told.find(isWanted);
    if (before) return before.data as Data;
    return new Promise((resolve) => {
      const listener = (told: Told): void => {
        if (!isWanted(told)) return;
        this.listeners.delete(listener);
        resolve(told.data as Data);
      };
      this.listeners.add(listener);
    });
  }

  /** From here on the program may end by itself. */
  letEnd(): void {
    this.mayEnd = true;
  }

  /** SIGKILL, also when paused: no hook runs. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.mayEnd = true;
    this.child.kill('SIGKILL');
    await this.exit;
  }

  /** SIGTERM. */
  terminate(): void {
    this.mayEnd = true;
    this.child.kill('SIGTERM');
  }

  /** SIGSTOP: connections stay open, no code runs. Resolves when it has stopped. */
  async pause(): Promise<void> {
    this.child.kill('SIGSTOP');
    while (
      process.platform === 'linux' &&
      !this.hasEnded &&
      !/\) [TZ]/.test(readFileSync(`/proc/${this.pid}/stat`, 'latin1'))
    )
      await pause(1);
  }

  /** SIGCONT. */
  resume(): void {
    this.child.kill('SIGCONT');
  }

  private receive(message: Message): void {
    if ('event' in message) {
      this.told.push(message);
      for (const listener of this.listeners) listener(message);
      return;
    }
    const asked = this.asked.get(message.id);
    this.asked.delete(message.id);
    if (message.error) asked?.reject(new ProgramError(message.error.code, message.error.text));
    else asked?.resolve(message.result);
  }

  private ended(exit: Exit): Exit {
    if (!this.mayEnd) this.onComplaint(`${this.name}: ended with ${exit.signal ?? exit.code}`);
    for (const { reject } of this.asked.values()) reject(new ProgramError('ENDED', `${this.name} has ended`));
    this.asked.clear();
    return exit;
  }
}
