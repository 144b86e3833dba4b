/**
 * Is the package, as published, what its users expect? Its manifest and types by the usual linters, its contents, how
 * it loads, and whether an application that uses it compiles under every way of module resolution.
 */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { createPackedApp, ensureBuilt, root } from './packed-app.mjs';
import { Report } from './report.mjs';

/** Entries of their own, which the main one does without. */
const BESIDE = ['testing', 'otel', 'terminus', 'board', 'cli'];
const SMOKE_TESTS = ['import.mjs', 'require.cjs', 'one-copy.mjs', 'command.mjs'];

/** `type` is the `type` of the application's package.json: what decides whether its files are ES modules. */
const RESOLUTIONS = [
  { moduleResolution: 'node10', module: 'commonjs', type: 'commonjs', ignoreDeprecations: '6.0' },
  { moduleResolution: 'node16', module: 'node16', type: 'commonjs' },
  { moduleResolution: 'node16', module: 'node16', type: 'module' },
  { moduleResolution: 'nodenext', module: 'nodenext', type: 'commonjs' },
  { moduleResolution: 'nodenext', module: 'nodenext', type: 'module' },
  { moduleResolution: 'bundler', module: 'esnext', type: 'module' },
];

const CONSUMER_OPTIONS = {
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

const ALLOWED_FILES = /^(dist\/(esm|cjs)\/.+\.(js|d\.ts)|dist\/cjs\/package\.json)$/;
const TOP_LEVEL_FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
/** Documents say of what they link to there that it is in the repository. */
const IN_THE_REPOSITORY_ONLY = /^(CONTRIBUTING\.md$|test\/)/;

const report = new Report('package');
const bin = (...path) => join(root, 'node_modules', ...path);
const node = (args, cwd) =>
  execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const withoutComments = (file) => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

ensureBuilt();
await report.check('publint finds nothing', () => node([bin('publint/src/cli.js'), 'run', '--strict'], root));
await report.check('are the types wrong? no: node10, node16, bundler', () =>
  node([bin('@arethetypeswrong/cli/dist/index.js'), '--pack', '.', '--no-emoji'], root),
);

const app = createPackedApp({ packages: ['@types/node'] });
try {
  await report.check('it contains the two builds and its documents, nothing else', () => {
    const documents = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
    const expected = [...TOP_LEVEL_FILES, ...documents].sort();
    deepStrictEqual(app.files.filter((file) => !file.startsWith('dist/')).sort(), expected);
    const built = app.files.filter((file) => file.startsWith('dist/'));
    deepStrictEqual(
      built.filter((file) => !ALLOWED_FILES.test(file)),
      [],
    );
    const modules = (build) => built.filter((file) => file.startsWith(`dist/${build}/`) && file.endsWith('.js')).length;
    strictEqual(modules('esm'), modules('cjs'));
  });
  await report.check('links of its documents lead to what is in it', () => {
    const folder = join(app.folder, 'node_modules/nestjs-distributed-lock');
    const linked = app.files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...readFileSync(join(folder, file), 'utf8').matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)].map(([, path]) =>
          join(dirname(file), path),
        ),
      );
    const known = new Set(app.files);
    strictEqual(linked.includes('docs/options.md'), true);
    deepStrictEqual(
      linked.filter((path) => !known.has(path) && !IN_THE_REPOSITORY_ONLY.test(path)),
      [],
    );
  });
  await report.check('no file names a source map that is not in it', () => {
    const folder = join(app.folder, 'node_modules/nestjs-distributed-lock');
    const namesOne = (file) => /^\/\/# sourceMappingURL=/m.test(readFileSync(join(folder, file), 'utf8'));
    deepStrictEqual(app.files.filter(namesOne), []);
  });
  await report.check('publishing with provenance finds a repository', () => {
    const { publishConfig, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    // npm compares it with where the build runs, and refuses a package that names none.
    if (publishConfig?.provenance) match(repository?.url ?? repository ?? '', /^git\+https:|^github:/);
  });
  await report.check('the entries reach no further than they say', () => {
    for (const build of ['esm', 'cjs']) {
      const folder = join(app.folder, 'node_modules/nestjs-distributed-lock/dist', build);
      const main = reachedFrom(join(folder, 'index.js'));
      deepStrictEqual(
        [...main.files].filter((file) => BESIDE.some((entry) => file.startsWith(join(folder, entry)))),
        [],
      );
      deepStrictEqual(
        ['@opentelemetry/api', '@nestjs/terminus'].filter((name) => main.packages.has(name)),
        [],
      );
      const contract = reachedFrom(join(folder, 'testing/contract/index.js'));
      deepStrictEqual(
        [...contract.packages].filter((name) => !name.startsWith('node:')),
        [],
      );
    }
  });
  for (const file of SMOKE_TESTS) {
    await report.check(`smoke test: ${file}`, () => {
      copyFileSync(join(root, 'test/smoke', file), join(app.folder, file));
      node([file], app.folder);
    });
  }
  for (const [index, { type, ...compilerOptions }] of RESOLUTIONS.entries()) {
    await report.check(`an application compiles: ${compilerOptions.moduleResolution}, ${type}`, () => {
      const folder = join(app.folder, `consumer-${index}`);
      mkdirSync(folder);
      copyFileSync(join(root, 'test/package/consumer.ts'), join(folder, 'consumer.ts'));
      writeJson(join(folder, 'package.json'), { type });
      writeJson(join(folder, 'tsconfig.json'), { compilerOptions: { ...CONSUMER_OPTIONS, ...compilerOptions } });
      node([bin('typescript/bin/tsc'), '-p', folder], folder);
    });
  }
} finally {
  app.remove();
}
report.finish();

/** The files of the package that a file loads, and the packages. */
function reachedFrom(start) {
  const [files, packages] = [new Set([start]), new Set()];
  for (const file of files) {
    for (const [, name] of withoutComments(file).matchAll(/(?:from |import |require\()["']([^"']+)["']/g)) {
      if (name.startsWith('.')) files.add(join(dirname(file), name));
      else packages.add(name);
    }
  }
  return { files, packages };
}

function writeJson(path, value) {
  writeFileSync(path, JSON.stringify(value));
}
