/** The specs, against the sources, with other versions of Nest or ioredis in the place of the installed ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../../package/packed-app.mjs';
import { install, installVersion, run } from '../install.mjs';
import { lowestOf } from '../peer-range.mjs';

const JEST = join(root, 'node_modules/jest/bin/jest.js');
const ESM_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** Nest and ioredis meet the library here; only ioredis meets the stores. */
const SPECS = ['test/integration', 'test/unit/majors.spec.ts'];
const STORE_SPECS = ['test/contract/redis'];
/** What goes through ioredis's own reconnecting, its subscriber, its Cluster and its errors. */
const CONNECTION_SPECS = ['cluster', 'client-kill', 'network-loss', 'pub-sub', 'server-hang', 'server-restart'];

export const nest = (major) => {
  install(`nest-${major}`);
  jest(SPECS, { NEST_MAJOR: major });
};

export const ioredisMajor = (major) => ioredis(install(`ioredis-${major}`), major, STORE_SPECS);

export function lowestIoredis() {
  const faults = CONNECTION_SPECS.map((name) => `test/faults/${name}.spec.ts`);
  const folder = installVersion('ioredis-lowest', 'ioredis', lowestOf('ioredis'));
  ioredis(folder, 'lowest', [...STORE_SPECS, ...faults]);
}

function ioredis(folder, name, specs) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  jest([...SPECS, ...specs], { IOREDIS: name, IOREDIS_VERSION: dependencies.ioredis });
}

function jest(specs, variables) {
  run([...ESM_FLAGS, JEST, ...specs], { env: { ...process.env, ...variables } });
}
