/**
 * The world outside of the command: where it prints, what it knows of the terminal, and how a person answers or interrupts
 * it. Commands see nothing else of the process.
 */
import { createInterface } from 'node:readline';
import { OutputError } from './exit-codes.js';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Size of the terminal that is printed to; `undefined` where it is none. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  readonly hasColours: boolean;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  /**
   * Prints a text as it is. Resolves when it was taken, also by a pipe that is slow, and when nobody reads any more; rejects with
   * an {@link OutputError} where it can't be written, as on a disk that is full.
   */
  print(text: string): Promise<void>;
  /** Says a line to the person, which is no part of the output. */
  say(line: string): void;
  /** The answer of a person; empty when there is none. */
  ask(question: string): Promise<string>;
  /** Aborts when nobody reads the output any more. */
  readonly closed: AbortSignal;
  /** From now on Ctrl-C does not end the process but aborts this. */
  interruptible(): AbortSignal;
}

/** Of this process. */
export function openTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  const closing = new AbortController();
  // The reader of a pipe may go before everything is read, as `head` does.
  stdout.on('error', (error) => isLeft(error) && closing.abort());
  stderr.on('error', () => undefined);
  return {
    env,
    size: () => (stdout.isTTY ? { columns: stdout.columns || 80, rows: stdout.rows || 24 } : undefined),
    hasColours: stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    canAsk: stdin.isTTY && stderr.isTTY,
    print: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => {
          if (!error || isLeft(error) || closing.signal.aborted) resolve();
          else reject(new OutputError(error.message, { cause: error }));
        });
      }),
    say: (line) => void stderr.write(`${line}\n`),
    ask: (question) =>
      new Promise((resolve) => {
        const lines = createInterface({ input: stdin, output: stderr });
        lines.once('close', () => resolve(''));
        lines.question(question, (answer) => {
          resolve(answer);
          lines.close();
        });
      }),
    closed: closing.signal,
    interruptible: () => {
      const interrupting = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupting.abort());
      return interrupting.signal;
    },
  };
}

/** Whether an output failed because its reader has gone. */
function isLeft(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE';
}
