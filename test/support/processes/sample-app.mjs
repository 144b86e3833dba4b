/** The sample application as it is started by hand: built, if it is not, together with the package that it imports. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = ['lib', 'sample-app/src'];
const BUILT = ['dist/esm/index.js', 'sample-app/dist/office/main.js'];

/** Builds what is older than its sources. */
export function ensureSampleApp() {
  const newest = Math.max(...SOURCES.map((folder) => newestIn(join(ROOT, folder))));
  if (BUILT.every((file) => existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).mtimeMs >= newest)) return;
  const options = { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('npm', ['run', 'build'], options);
  execFileSync(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build', 'sample-app'], options);
}

function newestIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}
