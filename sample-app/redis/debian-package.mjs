/** Servers that tests need and that a machine may lack: installed from Debian's packages where that can be done unasked. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Runs as root. The policy file keeps the package from starting its service; one that was there before is left alone.
const installScript = (name) => `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends ${name}
if command -v systemctl > /dev/null; then systemctl disable ${name} > /dev/null 2>&1 || true; fi
`;

/**
 * The path of a program, its package installed now if need be; throws an error of one line when there is no way to one.
 *
 * @param find answers the path, or `null`
 * @param what `{ title, packageName, howToInstall }`, for people
 */
export function ensureProgram(find, { title, packageName, howToInstall }) {
  const found = find();
  if (found !== null) return found;
  const asRoot = rootCommand();
  if (asRoot === null) throw new Error(howToInstall);
  process.stderr.write(`No ${title} found: installing the package ${packageName} with apt-get, no service started.\n`);
  const [command, ...args] = [...asRoot, 'sh', '-c', installScript(packageName)];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const installed = find();
  if (installed !== null) return installed;
  const reason = stderr?.trim().split('\n').at(-1) || stdout?.trim().split('\n').at(-1) || 'no output';
  throw new Error(`apt-get ended with status ${status} (${reason}). ${howToInstall}`);
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

export function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => executable(join(folder, name))).find((path) => path !== null) ?? null;
}

export function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : null;
  } catch {
    return null;
  }
}
