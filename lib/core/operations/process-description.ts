/** How a process introduces itself, and how that is read: it may come from another version, or another program. */
import { hostname } from 'node:os';
import type { ProcessInfo } from '../../lock.operations.js';
import { manifestsAbove } from './manifests.js';

/** Of this process, as text. */
export function writeDescription(
  application: { readonly name?: string | undefined; readonly version?: string | undefined },
  instance: string,
  startedAt: number,
): string {
  // The version of the main program's package is none of an application that has another name.
  const [found] = application.name === undefined ? manifestsAbove(process.argv[1] ?? '') : [];
  const { name, version } = { ...found, ...application };
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
