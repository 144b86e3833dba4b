/** The version of the package that the running program belongs to. */
import { realpathSync } from 'node:fs';
import { manifestsAbove } from '../core/operations/manifests.js';

/** `unknown` where the program stands in no copy of the package, as in a bundle. */
export function ownVersion(program = process.argv[1] ?? ''): string {
  try {
    // A package manager starts it through a link.
    for (const { name, version } of manifestsAbove(realpathSync(program))) {
      if (name === 'nestjs-distributed-lock' && version !== undefined) return version;
    }
  } catch {
    // There is no such program.
  }
  return 'unknown';
}
