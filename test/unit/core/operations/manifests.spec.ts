import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestsAbove } from '../../../../lib/core/operations/manifests.js';

it('finds the packages above a file, the nearest first, whatever lies in between', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    const write = (path: string, text: string): void => {
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, 'package.json'), text);
    };
    write('', '{"name":"outer","version":"1"}');
    write('a', '{"type":"module"}');
    write('a/b', '{');
    write('a/b/c', 'null');
    write('a/b/c/d', '{"name":"inner","version":5}');
    const found = [...manifestsAbove(join(folder, 'a/b/c/d/main.js'))].slice(0, 2);
    expect(found).toEqual([{ name: 'inner' }, { name: 'outer', version: '1' }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
