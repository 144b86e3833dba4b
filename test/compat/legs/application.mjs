/** A throw-away application with the package as published, compiled by `tsc`, which checks its types as well. */
import { cpSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { createPackedApp, root } from '../../package/packed-app.mjs';
import { run } from '../install.mjs';

const OPTIONS = {
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/**
 * @param name the folder of `test/compat` that has its sources
 * @param options those of `createPackedApp`, `compilerOptions`, and `sources` from elsewhere in the repository; `use` is given its folder
 */
export async function withApplication(name, { packages = [], modules, compilerOptions, sources = [] }, use) {
  const app = createPackedApp({ modules, packages: ['@types/node', ...packages] });
  try {
    const isSource = (path) => !path.includes('node_modules');
    cpSync(join(root, 'test/compat', name), app.folder, { recursive: true, filter: isSource });
    for (const file of sources) cpSync(join(root, file), join(app.folder, basename(file)));
    writeFileSync(join(app.folder, 'package.json'), '{ "private": true, "type": "module" }');
    const tsconfig = { compilerOptions: { ...OPTIONS, ...compilerOptions } };
    writeFileSync(join(app.folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    run([join(root, 'node_modules/typescript/bin/tsc'), '-p', app.folder]);
    await use(app.folder);
  } finally {
    app.remove();
  }
}
