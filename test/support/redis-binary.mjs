/**
 * Where the server program for tests and the demo comes from: what the user names, what is on the PATH, or what the
 * system's package manager installs. Either there is one in the end, or an error says in one line what to do.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const NAMES = ['redis-server', 'valkey-server'];

const HOW_TO_INSTALL =
  'No Redis server found. Install one (Debian/Ubuntu: `apt-get install redis-server`, macOS: `brew install redis`, ' +
  'Fedora: `dnf install valkey`), or set REDIS_SERVER to a server binary, or REDIS_URL to a running server.';

// Runs as root. The policy file keeps the package from starting its service; one that was there before is left alone.
const INSTALL_SCRIPT = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends redis-server
if command -v systemctl > /dev/null; then systemctl disable redis-server > /dev/null 2>&1 || true; fi
`;

/** The path of a server program, or `null`. A `REDIS_SERVER` that names none is an error, not a reason to look on. */
export function findRedisServer() {
  const named = process.env.REDIS_SERVER;
  if (!named) return NAMES.map(onPath).find((path) => path !== null) ?? null;
  const path = named.includes('/') ? executable(resolve(named)) : onPath(named);
  if (path === null) throw new Error(`REDIS_SERVER is set to ${named}, which is not an executable file.`);
  return path;
}

/** The path of a server program, installed now if need be. Throws an error of one line when there is no way to one. */
export async function ensureRedisServer() {
  const found = findRedisServer();
  if (found !== null) return found;
  const asRoot = rootCommand();
  if (asRoot === null) throw new Error(HOW_TO_INSTALL);
  process.stderr.write(
    'No Redis server found: installing the package redis-server with apt-get, no service started.\n',
  );
  const [command, ...args] = [...asRoot, 'sh', '-c', INSTALL_SCRIPT];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const installed = findRedisServer();
  if (installed !== null) return installed;
  const reason = stderr?.trim().split('\n').at(-1) || stdout?.trim().split('\n').at(-1) || 'no output';
  throw new Error(`apt-get ended with status ${status} (${reason}). ${HOW_TO_INSTALL}`);
}

/** What to put in front of a command to run it as root without being asked anything; `null` when there is no way. */
function rootCommand() {
  if (!existsSync('/etc/debian_version') || onPath('apt-get') === null) return null;
  if (process.getuid?.() === 0) return ['env'];
  if (onPath('sudo') === null) return null;
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive'];
  } catch {
    return null;
  }
}

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => executable(join(folder, name))).find((path) => path !== null) ?? null;
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : null;
  } catch {
    return null;
  }
}
