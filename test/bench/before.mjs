/** Puts a former build of this library where the benchmark can load it: `--before` with a packed archive or a folder. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Inside the repository, so that it finds its peers and `ms` where the present build does. */
const parent = fileURLToPath(new URL('../../.bench/', import.meta.url));

/**
 * @param path a `.tgz` of `npm pack`, or a folder that has `package.json` and `dist`
 * @returns the folder that it is in until this process ends
 */
export function unpackBefore(path) {
  const source = resolve(process.env.INIT_CWD ?? '.', path); // npm runs scripts in the folder of package.json
  if (!existsSync(source)) throw new Error(`--before: there is no ${source}`);
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'before-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  if (statSync(source).isDirectory()) copy(source, folder);
  else execFileSync('tar', ['-xzf', source, '--strip-components=1', '-C', folder]);
  if (!existsSync(join(folder, 'dist/esm/index.js'))) throw new Error(`--before: ${source} has no dist/esm/index.js`);
  return folder;
}

function copy(source, folder) {
  for (const name of ['package.json', 'dist']) cpSync(join(source, name), join(folder, name), { recursive: true });
}
