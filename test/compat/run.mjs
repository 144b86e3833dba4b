/**
 * The matrix: the specs on other majors of Nest and on the lowest and the newest versions of the range of ioredis, then
 * applications of other kinds that use the package as published. What a leg needs is installed in a folder of its own;
 * the top-level `node_modules` is never touched. Names of legs as arguments run those only.
 */
import { Report } from '../package/report.mjs';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { bundle } from './legs/bundle.mjs';
import { commonjs } from './legs/commonjs.mjs';
import { nestjsCls } from './legs/nestjs-cls.mjs';
import { postgres } from './legs/postgres.mjs';
import { ioredisMajor, lowestIoredis, nest } from './legs/sources.mjs';
import { nodeTest, vitest } from './legs/test-runners.mjs';

const report = new Report('matrix');

/** The newest of everything is what `npm test` runs on. */
const LEGS = {
  'nest-10': () => nest('10'),
  'nest-11': () => nest('11'),
  'ioredis-5': () => ioredisMajor('5'),
  'ioredis-lowest': lowestIoredis,
  'cjs-nest-10': () => commonjs('10'),
  'cjs-nest-11': () => commonjs('11'),
  'nestjs-cls': nestjsCls,
  postgres: () => withRedis(postgres),
  esbuild: () => withRedis((url) => bundle('esbuild', report, url)),
  webpack: () => withRedis((url) => bundle('webpack', report, url)),
  'node-test': nodeTest,
  vitest,
};

async function withRedis(use) {
  if (process.env.REDIS_URL) return use(process.env.REDIS_URL);
  const server = await startRedis();
  try {
    await use(server.url);
  } finally {
    await server.stop();
  }
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in LEGS));
if (unknown.length > 0)
  throw new Error(`No such leg: ${unknown.join(', ')}. There are ${Object.keys(LEGS).join(', ')}.`);

for (const name of chosen.length > 0 ? chosen : Object.keys(LEGS)) {
  console.log(`\n=== ${name}`);
  await report.check(name, LEGS[name]);
}
report.finish();
