/** Where the heartbeat thread finds its program; that it runs is in `test/processes/heartbeat-thread.spec.ts`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { threadProgram } from '../../../lib/heartbeat-thread/own-thread.js';
import { sourceFile } from '../../../lib/source-file.js';

const folder = mkdtempSync(join(tmpdir(), 'own-thread-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of a built package or of an application, with a `thread-program.js` beside it. */
function file(...path: string[]): string {
  const full = join(folder, ...path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(join(full, '..', 'thread-program.js'), '');
  return full;
}

describe('the program of the thread', () => {
  it('lies beside the file that starts it', () => {
    const self = file('dist', 'cjs', 'heartbeat-thread', 'own-thread.js');
    expect(threadProgram(self)).toBe(join(self, '..', 'thread-program.js'));
  });

  it.each([
    ['a bundle, whatever lies beside it', () => file('app', 'own-thread.js')],
    ['a bundle in a folder of that name', () => file('heartbeat-thread', 'bundle.js')],
    ['sources', () => file('lib', 'heartbeat-thread', 'own-thread.ts')],
    ['a package without the file', () => join(folder, 'gone', 'heartbeat-thread', 'own-thread.js')],
  ])('is not to be had in %s', (_, self) => {
    expect(threadProgram(self())).toBeUndefined();
  });

  it('is not to be had here, where the sources are translated', () => {
    expect(threadProgram()).toBeUndefined();
  });
});

it('a file knows where it lies', () => {
  expect(sourceFile()).toMatch(/own-thread\.spec\.ts$/);
});
