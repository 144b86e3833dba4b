/** Installs what the benchmark compares with, on its first run and whenever the versions asked for have changed. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The peers that are missing or of another version. */
export function missingPeers() {
  return Object.entries(dependencies).filter(([name, wanted]) => installed(name) !== wanted.split('@').at(-1));
}

function installed(name) {
  try {
    return JSON.parse(
      readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8'),
    ).version.replace(/^v/, '');
  } catch {
    return null;
  }
}

/** Makes the peers ready. Without them the benchmark still runs: their rows say why they are empty. */
export function ensurePeers() {
  if (missingPeers().length === 0) return;
  console.error('Installing the libraries to compare with (npm install in test/bench) …');
  const { status, error } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const missing = missingPeers().map(([name, wanted]) => `${name} ${wanted.split('@').at(-1)}`);
  if (missing.length === 0) return;
  const why = error?.message ?? (status === 0 ? 'npm reported no error' : `npm ended with status ${status}`);
  console.error(`Could not install ${missing.join(', ')}: ${why}.`);
  console.error(
    'Their rows will say "failed". Run `npm install` in test/bench where a package registry can be reached.\n',
  );
}
