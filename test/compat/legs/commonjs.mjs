/** An application in CommonJS: type-checked with its own Nest, then run by Jest without any flag. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createPackedApp, root } from '../../package/packed-app.mjs';
import { install, run } from '../install.mjs';

export function commonjs(major) {
  const modules = join(install(`nest-${major}`), 'node_modules');
  const nest = ['event-emitter', 'platform-express', 'platform-fastify', 'schedule', 'testing'];
  const packages = [...nest.map((name) => `@nestjs/${name}`), '@types/jest', '@types/node'];
  const app = createPackedApp({ modules: [modules], packages });
  try {
    copyFileSync(join(root, 'test/compat/cjs/orders.spec.ts'), join(app.folder, 'orders.spec.ts'));
    writeFileSync(join(app.folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(app.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: APPLICATION_OPTIONS }));
    run([join(root, 'node_modules/typescript/bin/tsc'), '-p', app.folder]);
    const jest = [
      join(root, 'node_modules/jest/bin/jest.js'),
      '--config',
      join(root, 'test/compat/cjs/jest.config.mjs'),
    ];
    run([...jest, '--rootDir', app.folder], { env: { ...process.env, NEST_MAJOR: major } });
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
