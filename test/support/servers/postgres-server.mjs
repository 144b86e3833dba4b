/**
 * A throw-away PostgreSQL for a test: on a free port of the loopback interface, with a temporary folder of its own, and
 * gone when its parent is gone, however it ended: a shell waits at the end of a pipe from the parent.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ensureProgram, executable, onPath } from '../../../sample-app/redis/debian-package.mjs';
import { anyLocalPort } from '../../../sample-app/redis/local-port.mjs';

const START_LIMIT_MS = 30_000;
const DEBIAN = '/usr/lib/postgresql';

const HOW_TO_INSTALL =
  'No PostgreSQL server found. Install one (Debian/Ubuntu: `apt-get install postgresql`, macOS: `brew install ' +
  'postgresql`), or set POSTGRES_BIN to the folder of its programs.';

// SIGQUIT ends it at once, without ceremony.
const WATCHDOG = 'folder=$1; shift; "$@" & pid=$!; cat > /dev/null; kill -QUIT $pid; wait $pid; rm -rf "$folder"';

/** Starts one; its databases are lost with it. */
export async function startPostgres() {
  const what = { title: 'PostgreSQL server', packageName: 'postgresql', howToInstall: HOW_TO_INSTALL };
  const initdb = ensureProgram(() => findProgram('initdb'), what);
  const folder = mkdtempSync(join(tmpdir(), 'throwaway-postgres-'));
  const data = join(folder, 'data');
  const user = unprivileged();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder };
  const trusting = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync'];
  execFileSync(initdb, ['--pgdata', data, ...trusting], { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const port = anyLocalPort();
  const fast = ['fsync=off', 'full_page_writes=off', 'unix_socket_directories='].flatMap((setting) => ['-c', setting]);
  const server = [findProgram('postgres'), '-D', data, '-h', '127.0.0.1', '-p', String(port), ...fast];
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'postgres-watchdog', folder, ...server], {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = once(watchdog, 'exit');
  const stop = async () => {
    watchdog.stdin.end();
    await ended;
  };
  try {
    await isReady(watchdog);
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** It says so itself. */
async function isReady(watchdog) {
  let output = '';
  const said = new Promise((resolve) => {
    watchdog.stderr.on('data', (chunk) => {
      output += chunk;
      if (output.includes('ready to accept connections')) resolve(true);
    });
  });
  const isUp = await Promise.race([said, delay(START_LIMIT_MS, false, { ref: false })]);
  if (!isUp) throw new Error(`PostgreSQL did not start:\n${output}`);
}

function findProgram(name) {
  if (process.env.POSTGRES_BIN) return executable(join(process.env.POSTGRES_BIN, name));
  return onPath(name) ?? debianVersions().map((version) => executable(join(DEBIAN, version, 'bin', name)))[0] ?? null;
}

function debianVersions() {
  try {
    return readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
  } catch {
    return [];
  }
}

/** PostgreSQL refuses to run as root; Debian's package has made a user for it. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
