/** The version of the package that the running program belongs to. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `unknown` where the program stands in no copy of the package, as in a bundle. */
export function ownVersion(program = process.argv[1] ?? ''): string {
  try {
    // A package manager starts it through a link.
    for (let folder = dirname(realpathSync(program)); ; folder = dirname(folder)) {
      const { name, version } = manifestOf(folder);
      if (name === 'nestjs-distributed-lock' && typeof version === 'string') return version;
      if (folder === dirname(folder)) return 'unknown';
    }
  } catch {
    return 'unknown';
  }
}

function manifestOf(folder: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
  } catch {
    return {}; // There is none.
  }
}
