/** Names that a file exports for nobody but itself, or for tests: a reader looks for their users in vain. */
import type { LibraryFile } from './library-files.js';

/** What is imported by no file that an entry point leads to, and is exported by no entry point. */
export function deadExports(files: readonly LibraryFile[], entries: readonly string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const used = new Map<string, Set<string> | 'all'>(entries.map((entry) => [entry, 'all']));
  const reached = new Set(entries);
  for (const path of reached) {
    for (const { target, names } of byPath.get(path)?.imports ?? []) {
      reached.add(target);
      const before = used.get(target);
      used.set(target, names === 'all' || before === 'all' ? 'all' : new Set([...(before ?? []), ...names]));
    }
  }
  return files.flatMap(({ path, exports }) => {
    const names = used.get(path) ?? new Set();
    return names === 'all' ? [] : exports.filter((name) => !names.has(name)).map((name) => `${path}: ${name}`);
  });
}
