/**
 * Finds the program of a Redis server, and installs one where the machine has none and lets packages be installed unasked:
 * Debian or Ubuntu, as root. Either there is one in the end, or an error says in one line what to do.
 */
import { resolve } from 'node:path';

import { ensureProgram, executable, onPath } from './debian-package.mjs';

const NAMES = ['redis-server', 'valkey-server'];

const HOW_TO_INSTALL =
  'No Redis server found. Install one (Debian/Ubuntu: `apt-get install redis-server`, macOS: `brew install redis`, ' +
  'Fedora: `dnf install valkey`), or set REDIS_SERVER to a server binary, or REDIS_URL to a running server.';

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
  const what = { title: 'Redis server', packageName: 'redis-server', howToInstall: HOW_TO_INSTALL };
  return ensureProgram(findRedisServer, what);
}
