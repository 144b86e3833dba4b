/** Each file of the core that does anything has a spec of its name, in the same folder of `test/unit/core`. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readLibrary } from './library-files.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Whether a file has nothing but types. */
const isTypesOnly = (path: string): boolean =>
  !/^export (?:abstract |async )?(?:class|function|const|let|enum)\b/m.test(readFileSync(`${ROOT}lib/${path}`, 'utf8'));

const files = readLibrary()
  .map(({ path }) => path)
  .filter((path) => path.startsWith('core/') && !isTypesOnly(path));

describe('a file of the core', () => {
  it.each(files)('has a spec of its name: %s', (path) => {
    expect(existsSync(`${ROOT}test/unit/${path.replace(/\.ts$/, '.spec.ts')}`)).toBe(true);
  });
});
