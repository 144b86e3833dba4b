/** How a process introduces itself, and how that is read: it may come from another version, or another program. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProcessInfo } from '../../lock.operations.js';

/** Of this process, as text. */
export function writeDescription(
  application: { readonly name?: string | undefined; readonly version?: string | undefined },
  instance: string,
  startedAt: number,
): string {
  const found = application.name === undefined || application.version === undefined ? mainProgram() : {};
  const { name = found.name, version = application.name === undefined ? found.version : undefined } = application;
  return JSON.stringify({ host: hostname(), pid: process.pid, name, version, instance, startedAt });
}

/** Undefined where a text is none. */
export function readDescription(id: string, text: string | undefined): ProcessInfo | undefined {
  if (text === undefined) return undefined;
  try {
    const { host, pid, name, version, instance, startedAt } = JSON.parse(text) as Record<string, unknown>;
    if (typeof host !== 'string' || typeof pid !== 'number' || typeof startedAt !== 'number') return undefined;
    const started = new Date(startedAt);
    if (Number.isNaN(started.getTime())) return undefined;
    const texts = { name: textOf(name), version: textOf(version), instance: textOf(instance) ?? 'default' };
    return { id, host, pid, ...texts, startedAt: started };
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Name and version of the nearest `package.json` above the main program that has a name. */
function mainProgram(): { name?: string; version?: string } {
  for (let folder = dirname(process.argv[1] ?? process.cwd()); ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      if (typeof name === 'string') return { name, ...(typeof version === 'string' && { version }) };
    } catch {
      // None here, or it can't be read.
    }
    if (folder === dirname(folder)) return {};
  }
}
