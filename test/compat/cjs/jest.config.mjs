/**
 * Jest as most applications on Nest 10 and 11 have it: CommonJS, no flags. `run.mjs` gives it the folder of a packed
 * application as `rootDir`; the package and Nest are found there, as npm would have installed them.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/*.spec.ts'],
  globalSetup: here('../../support/run/global-setup.mjs'),
  globalTeardown: here('../../support/run/global-teardown.mjs'),
  testTimeout: 30_000,
  reporters: ['default', ...(process.env.TEST_TALLY ? [here('../../support/run/tally-reporter.mjs')] : [])],
  transform: {
    '^.+\\.ts$': [
      require.resolve('@swc/jest'),
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
