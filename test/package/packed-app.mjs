/**
 * A throw-away application that has the package as npm would install it: packed, unpacked, and able to see nothing but
 * what it declares. Peers are links to folders that are already installed, so no registry is asked.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const BUILD_INPUTS = [
  'lib',
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.cjs.json',
];
const BUILD_OUTPUTS = ['dist/esm/index.js', 'dist/cjs/index.js', 'dist/cjs/package.json'];

/** Builds the package, unless what is built is newer than everything it is made from. */
export function ensureBuilt() {
  const outputs = BUILD_OUTPUTS.map((path) => join(root, path));
  const newestInput = Math.max(...BUILD_INPUTS.map((path) => newest(join(root, path))));
  if (outputs.every((path) => existsSync(path) && statSync(path).mtimeMs >= newestInput)) return;
  console.log('The build is missing or older than the sources: npm run build');
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

/**
 * @param {{ modules?: string[], packages?: string[] }} options `packages`: what the application itself depends on, beside
 *   this package and its peers. `modules`: the `node_modules` folders to link them from, the first that has one wins.
 */
export function createPackedApp({ modules = [], packages = [] } = {}) {
  ensureBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'packed-app-'));
  const remove = () => rmSync(folder, { recursive: true });
  try {
    const installed = unpack(folder);
    link(folder, [...modules, join(root, 'node_modules')], packages);
    /** Paths inside the package, as published. */
    const files = readdirSync(installed, { recursive: true }).filter((path) =>
      statSync(join(installed, path)).isFile(),
    );
    return { folder, files, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function unpack(folder) {
  const installed = join(folder, 'node_modules', manifest.name);
  mkdirSync(installed, { recursive: true });
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const tarball = execFileSync('npm', pack, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  execFileSync('tar', ['-xzf', join(folder, tarball), '--strip-components=1', '-C', installed]);
  return installed;
}

function link(folder, modules, packages) {
  const declared = [...Object.keys(manifest.peerDependencies), ...Object.keys(manifest.dependencies ?? {})];
  for (const name of new Set([...declared, ...packages])) {
    const source = modules.map((from) => join(from, name)).find(existsSync);
    if (source === undefined) throw new Error(`${name} is not installed in ${modules.join(' or ')}.`);
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(source, target);
  }
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
