/** The `package.json` files above a file, the nearest first: which package a program belongs to. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name: string;
  /** Undefined where it says none. */
  readonly version?: string;
}

/** Those that have a name. One that can't be read is as good as none. */
export function* manifestsAbove(file: string): Generator<Manifest> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const { name, version } = read(join(folder, 'package.json'));
    if (typeof name === 'string') yield { name, ...(typeof version === 'string' && { version }) };
    if (folder === dirname(folder)) return;
  }
}

function read(path: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as object;
  } catch {
    return {};
  }
}
