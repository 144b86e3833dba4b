/**
 * Jest in ESM mode, on the sources. `NEST_MAJOR=10` or `11` runs the same specs on that major of Nest, `IOREDIS=5` or
 * `lowest` on that version of ioredis, each installed by `test/compat/run.mjs` in a folder of its own. `TEST_TALLY` names
 * a file that collects the counts of the run.
 */
import { existsSync } from 'node:fs';

const { NEST_MAJOR: nest, IOREDIS: ioredis, TEST_TALLY: tally } = process.env;

for (const folder of [nest && `nest-${nest}`, ioredis && `ioredis-${ioredis}`]) {
  if (folder && !existsSync(new URL(`test/compat/${folder}/node_modules`, import.meta.url)))
    throw new Error(`test/compat/${folder} is not installed: \`npm run test:matrix\` does it.`);
}

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/lib', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/compat/'],
  globalSetup: '<rootDir>/test/support/run/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/run/global-teardown.mjs',
  maxWorkers: 2,
  testTimeout: 30_000,
  reporters: ['default', ...(tally ? ['<rootDir>/test/support/run/tally-reporter.mjs'] : [])],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nestjs-distributed-lock$': '<rootDir>/lib/index.ts',
    '^nestjs-distributed-lock/(.*)$': '<rootDir>/lib/$1/index.ts',
    ...(nest && {
      '^@nestjs/(.*)$': `<rootDir>/test/compat/nest-${nest}/node_modules/@nestjs/$1`,
      '^(rxjs|reflect-metadata)(/.*)?$': `<rootDir>/test/compat/nest-${nest}/node_modules/$1$2`,
    }),
    ...(ioredis && { '^ioredis(/.*)?$': `<rootDir>/test/compat/ioredis-${ioredis}/node_modules/ioredis$1` }),
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
