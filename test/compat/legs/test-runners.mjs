/** Unit tests of an application, and the contract of stores, in other runners than Jest, with the package as published. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { count } from '../../package/report.mjs';
import { install } from '../install.mjs';
import { withApplication } from './application.mjs';

const NEST = ['@nestjs/testing'];

/** On Node's own: compiled by `tsc`. */
export const nodeTest = () =>
  withApplication('node-test', { packages: NEST }, (folder) => {
    runNodeTests(folder, ['orders.test.js', 'contract.test.js']);
  });

/** Runs tests on Node's own runner, and counts them. */
export function runNodeTests(folder, files, env) {
  const { status, stdout } = runIn(folder, ['--test', '--test-reporter=tap', ...files], env);
  const countOf = (kind) => Number(new RegExp(`^# ${kind} (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
  const counts = { passed: countOf('pass'), failed: countOf('fail') + countOf('cancelled'), skipped: 0 };
  finish(status, counts, stdout);
}

/** On Vitest, which compiles the sources itself. */
export const vitest = async () => {
  const modules = [join(install('vitest'), 'node_modules')];
  const compilerOptions = { noEmit: true };
  await withApplication('vitest', { packages: [...NEST, 'vitest'], modules, compilerOptions }, (folder) => {
    const report = join(folder, 'report.json');
    const args = ['run', '--root', folder, '--reporter=default', '--reporter=json', `--outputFile=${report}`];
    const { status, stdout } = runIn(folder, [join(modules[0], 'vitest/vitest.mjs'), ...args]);
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8'));
    finish(status, { passed, failed, skipped: 0 }, stdout);
  });
};

function runIn(folder, args, env = process.env) {
  const result = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 120_000, env });
  return { status: result.status, stdout: `${result.stdout}${result.stderr}` };
}

function finish(status, counts, stdout) {
  count(counts);
  if (status !== 0 || counts.passed === 0 || counts.failed > 0) throw new Error(stdout);
  console.log(`        ${counts.passed} tests passed`);
}
