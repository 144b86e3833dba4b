/**
 * Notices further copies of this package in one process: two versions of it on disk, say, of which Nest would inject
 * `LockService` for one only. Copies are told apart by their folders, so that neither the two builds of one package nor a
 * module that is loaded anew (by Jest, or while one develops) counts as another.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from './lock.messages.js';
import { sourceFile } from './source-file.js';

/** What all copies share; later versions may only add to it. */
interface Registry {
  /** The folders of the copies, in the order of loading. */
  readonly folders: string[];
  /** How many of them the user was warned of. */
  told: number;
}

const REGISTRY = Symbol.for('nestjs-distributed-lock');
const shared = globalThis as { [REGISTRY]?: Registry };

/** The folder of this copy of the package; where there is none, in a bundle, the file. */
function ownFolder(): string | undefined {
  return sourceFile()?.replace(/[/\\](?:dist[/\\](?:esm|cjs)|lib)[/\\][^/\\]+$/, '');
}

function register(): void {
  const folder = ownFolder();
  if (folder === undefined) return;
  const { folders } = (shared[REGISTRY] ??= { folders: [], told: 1 });
  if (!folders.includes(folder)) folders.push(folder);
}

register();

/** Warns of several copies, again when a further one is loaded. */
export function warnOfCopies(warn: (message: string) => void): void {
  const registry = shared[REGISTRY];
  if (!registry || registry.folders.length <= registry.told) return;
  registry.told = registry.folders.length;
  warn(messages.severalCopies(registry.folders.map((folder) => ({ folder, version: versionIn(folder) }))));
}

function versionIn(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return String(version);
  } catch {
    return 'of unknown version';
  }
}
