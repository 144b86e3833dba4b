/**
 * The matrix: the integration specs on the oldest and middle majors of Nest and on the older ioredis, then
 * a CommonJS application per older Nest that uses the package as published. Each major is installed in a folder of its
 * own; the top-level `node_modules` is never touched. Names of legs as arguments run those only.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createPackedApp, root } from '../package/packed-app.mjs';
import { Report } from '../package/report.mjs';

const JEST = join(root, 'node_modules/jest/bin/jest.js');
const ESM_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
/** Nest and ioredis meet the library here; only ioredis meets the stores. */
const SPECS = ['test/integration', 'test/unit/majors.spec.ts'];
const STORE_SPECS = ['test/contract/redis'];

const LEGS = {
  'nest-10': () => sources({ NEST_MAJOR: '10' }),
  'nest-11': () => sources({ NEST_MAJOR: '11' }),
  'ioredis-5': () => sources({ IOREDIS_MAJOR: '5' }),
  'cjs-nest-10': () => published('nest-10'),
  'cjs-nest-11': () => published('nest-11'),
};

/** The specs, against the sources, with other majors in the place of the installed ones. */
function sources(majors) {
  for (const [name, major] of Object.entries(majors)) install(`${name.replace('_MAJOR', '').toLowerCase()}-${major}`);
  const specs = majors.IOREDIS_MAJOR ? [...SPECS, ...STORE_SPECS] : SPECS;
  run([...ESM_FLAGS, JEST, ...specs], { env: { ...process.env, ...majors } });
}

/** An application in CommonJS: type-checked with its own Nest, then run by Jest without any flag. */
function published(folder) {
  const modules = join(install(folder), 'node_modules');
  const nest = ['event-emitter', 'platform-express', 'platform-fastify', 'schedule', 'testing'];
  const packages = [...nest.map((name) => `@nestjs/${name}`), '@types/jest', '@types/node'];
  const app = createPackedApp({ modules: [modules], packages });
  try {
    copyFileSync(join(root, 'test/compat/cjs/orders.spec.ts'), join(app.folder, 'orders.spec.ts'));
    writeFileSync(join(app.folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(app.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: APPLICATION_OPTIONS }));
    run([join(root, 'node_modules/typescript/bin/tsc'), '-p', app.folder]);
    run([JEST, '--config', join(root, 'test/compat/cjs/jest.config.mjs'), '--rootDir', app.folder], {
      env: { ...process.env, NEST_MAJOR: folder.replace('nest-', '') },
    });
  } finally {
    app.remove();
  }
}

/** As `nest new` writes it for these majors. */
const APPLICATION_OPTIONS = {
  module: 'commonjs',
  moduleResolution: 'node10',
  ignoreDeprecations: '6.0',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['jest', 'node'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** Installs what a folder's package.json asks for, unless that was done since it last changed. */
function install(name) {
  const folder = join(root, 'test/compat', name);
  const manifest = join(folder, 'package.json');
  const done = join(folder, 'node_modules/.package-lock.json'); // npm writes it last
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(manifest).mtimeMs) return folder;
  console.log(`Installing test/compat/${name}`);
  const flags = ['--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  return folder;
}

function run(args, options = {}) {
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status !== 0) throw new Error(`ended with ${signal ?? `status ${status}`}; its output stands above`);
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in LEGS));
if (unknown.length > 0)
  throw new Error(`No such leg: ${unknown.join(', ')}. There are ${Object.keys(LEGS).join(', ')}.`);

const report = new Report('matrix');
for (const name of chosen.length > 0 ? chosen : Object.keys(LEGS)) {
  console.log(`\n=== ${name}`);
  await report.check(name, LEGS[name]);
}
report.finish();
