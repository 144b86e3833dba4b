/** What a leg needs, in a folder of its own; the top-level `node_modules` is never touched. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../package/packed-app.mjs';

/** Without the peers of what is installed where the repository has them: so there is one Nest, the repository's. */
export const WITHOUT_PEERS = ['--legacy-peer-deps'];

/** Installs what the folder's package.json asks for, unless that was done since it last changed; answers the folder. */
export function install(name, flags = []) {
  const folder = join(root, 'test/compat', name);
  const manifest = join(folder, 'package.json');
  const done = join(folder, 'node_modules/.package-lock.json'); // npm writes it last
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(manifest).mtimeMs) return folder;
  console.log(`Installing test/compat/${name}`);
  const always = ['--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const options = { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] };
  execFileSync('npm', ['install', ...always, ...flags], options);
  return folder;
}

/** The same for one package of a version that is only known now. */
export function installVersion(name, dependency, version) {
  const folder = join(root, 'test/compat', name);
  const manifest = join(folder, 'package.json');
  const wanted = `${JSON.stringify({ private: true, dependencies: { [dependency]: version } }, null, 2)}\n`;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(manifest) || readFileSync(manifest, 'utf8') !== wanted) writeFileSync(manifest, wanted);
  return install(name);
}

/** Runs Node in the repository, its output shown; throws when it fails. */
export function run(args, options = {}) {
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status !== 0) throw new Error(`ended with ${signal ?? `status ${status}`}; its output stands above`);
}
