/** The specs run on the versions that the run asked for: without this, a leg of the matrix could test another's. */
import { createRequire } from 'node:module';

import { expect, it } from '@jest/globals';

const require = createRequire(import.meta.url);

it.each([
  ['@nestjs/common', process.env['NEST_MAJOR'] ?? '12'],
  ['@nestjs/core', process.env['NEST_MAJOR'] ?? '12'],
  ['ioredis', process.env['IOREDIS_VERSION'] ?? '6'],
])('%s %s', (name, wanted) => {
  const { version } = require(`${name}/package.json`) as { version: string };
  expect(`${version}.`).toMatch(new RegExp(`^${wanted.replaceAll('.', '\\.')}\\.`));
});
