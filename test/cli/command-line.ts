/** Runs the command as a person or a script would: as a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { atEnd } from '../support/at-end.js';
import { builtPath } from '../support/processes/build.mjs';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const PIPES: StdioOptions = ['pipe', 'pipe', 'pipe'];

/** Starts it. */
export function start(args: readonly string[], env: Record<string, string> = {}, stdio = PIPES): ChildProcess {
  const child = spawn(process.execPath, [builtPath('lib/cli/main.ts'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio,
  });
  atEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

/** Runs it to its end. */
export async function run(args: readonly string[], env?: Record<string, string>): Promise<Ran> {
  const child = start(args, env);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (text) => (out += String(text)));
  child.stderr!.on('data', (text) => (err += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Runs it to its end with its output in a file. */
export async function runInto(path: string, args: readonly string[]): Promise<Omit<Ran, 'out'>> {
  await using file = await open(path, 'w');
  const child = start(args, {}, ['pipe', file.fd, 'pipe']);
  let err = '';
  child.stderr!.on('data', (text) => (err += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, err };
}
