/**
 * An application bundled and minified, as an ES module and as CommonJS: it locks, its errors keep their names, and the
 * bundle has one copy of the library, whether asked for by `import` or by `require`.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { install } from '../install.mjs';
import { withApplication } from './application.mjs';

/** What Nest loads only where it is installed. */
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@nestjs/platform-express',
  'class-transformer',
  'class-validator',
];
/** esbuild takes everything else in; with webpack Nest and its peers stay outside, as many have it. */
const isOutside = (request) => /^(@nestjs\/|rxjs|ioredis|reflect-metadata|class-)/.test(request);

/** CommonJS inside an ES module (ioredis is that) needs a `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

const bundlers = {
  async esbuild(require, { folder, format, file }) {
    const { metafile } = await require('esbuild').build({
      absWorkingDir: folder,
      entryPoints: ['app.mjs'],
      outfile: file,
      format,
      platform: 'node',
      target: 'node20',
      bundle: true,
      minify: true,
      metafile: true,
      external: OPTIONAL.flatMap((name) => [name, `${name}/*`]),
      banner: format === 'esm' ? { js: REQUIRE } : {},
      logLevel: 'error',
    });
    return Object.keys(metafile.inputs);
  },

  async webpack(require, { folder, format, file }) {
    const compiler = require('webpack')({
      context: folder,
      entry: './app.mjs',
      mode: 'production',
      target: 'node20',
      ...(format === 'esm' && { experiments: { outputModule: true } }),
      output: {
        path: folder,
        filename: file,
        ...(format === 'esm' && { module: true, library: { type: 'module' }, chunkFormat: 'module' }),
      },
      externalsType: format === 'esm' ? 'module' : 'commonjs',
      externals: [({ request }, done) => (isOutside(request) ? done(null, request) : done())],
      performance: false,
    });
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, s) => (error ? reject(error) : resolve(s))),
    );
    await new Promise((resolve) => compiler.close(resolve));
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
    const flat = (modules = []) => modules.flatMap((module) => [module, ...flat(module.modules)]);
    const { modules } = stats.toJson({ all: false, modules: true, nestedModules: true, modulesSpace: Infinity });
    return flat(modules).map(({ nameForCondition, name }) => nameForCondition ?? name ?? '');
  },
};

/** @param report each bundle is a check of its own */
export async function bundle(name, report, redisUrl) {
  const require = createRequire(join(install('bundle'), 'package.json'));
  let passed = true;
  await withApplication('bundle', {}, async (folder) => {
    for (const format of ['esm', 'cjs']) {
      passed =
        (await report.check(`${name}, ${format}`, async () => {
          const file = `bundle-${name}.${format === 'esm' ? 'mjs' : 'cjs'}`;
          const files = await bundlers[name](require, { folder, format, file });
          const inside = files.filter((path) => path.includes('nestjs-distributed-lock/dist/'));
          ok(inside.length > 0, 'the bundle has the library inside');
          deepStrictEqual(
            inside.filter((path) => !path.includes('/dist/esm/')),
            [],
          );
          const env = { ...process.env, REDIS_URL: redisUrl, LOCK_PREFIX: `bundle-${randomUUID()}` };
          const printed = execFileSync(process.execPath, [join(folder, file)], {
            encoding: 'utf8',
            env,
            timeout: 30_000,
          });
          const facts = JSON.parse(printed.trim().split('\n').at(-1));
          deepStrictEqual(facts, { shipped: 5, most: 1, busyName: 'LockBusyError', sameClass: true });
        })) && passed;
    }
  });
  if (!passed) throw new Error('see the formats above');
}
