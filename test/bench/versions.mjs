/** What was measured on what: without it a figure means nothing. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';

const require = createRequire(import.meta.url);

/** Version of a package as the benchmark resolves it; `null` when it is not installed. */
export function versionOf(name) {
  const file = require.resolve
    .paths(name)
    .map((folder) => `${folder}/${name}/package.json`)
    .find((path) => readable(path));
  return file === undefined ? null : JSON.parse(readFileSync(file, 'utf8')).version.replace(/^v/, '');
}

/** Version of what lies in a folder. */
export const versionOfFolder = (folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;

function readable(path) {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

export async function environment(client) {
  const server = await client.info('server');
  return {
    node: process.version,
    redis: /(?:valkey|redis)_version:(\S+)/.exec(server)?.[1] ?? 'unknown',
    ioredis: versionOf('ioredis'),
    nest: versionOf('@nestjs/core'),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
