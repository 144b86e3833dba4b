/** A second copy of the package in one process is said at start, once; what only looks like one is not. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { SecondCopy } from '../support/apps/second-copy.js';

const [one, two] = [new SecondCopy('1.2.3'), new SecondCopy('9.9.9')];
afterAll(() => [one, two].forEach((copy) => copy.remove()));

/** Loads copies in a process of their own, starts the module of each in turn, and answers the warnings of all. */
async function warningsOf(entries: readonly string[]): Promise<string[]> {
  const program = `
    import 'reflect-metadata';
    import { Logger } from '@nestjs/common';
    import { NestFactory } from '@nestjs/core';
    const warnings = [];
    Logger.overrideLogger(false);
    Logger.prototype.warn = (message) => warnings.push(message);
    const copies = [];
    for (const entry of ${JSON.stringify(entries)}) copies.push(await import(entry));
    for (let round = 0; round < 2; round++) {
      for (const { DistributedLockModule, LockService, default: cjs } of copies) {
        const Module = DistributedLockModule ?? cjs.DistributedLockModule;
        const app = await NestFactory.createApplicationContext(
          { module: class {}, imports: [Module.forRoot({ connection: 'memory' })] },
          { logger: false },
        );
        await app.close();
      }
    }
    console.log(JSON.stringify(warnings));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: one.folder,
  });
  const warnings = JSON.parse(stdout) as string[];
  return warnings.filter((warning) => !warning.includes('kept in memory'));
}

it('two copies: one warning that names versions and folders, however often they start', async () => {
  for (const entries of [
    [one.entry(), two.entry()],
    [one.entry('cjs'), two.entry('esm')],
  ]) {
    const warnings = await warningsOf(entries);
    expect(warnings).toEqual([expect.stringContaining('2 copies of nestjs-distributed-lock')]);
    expect(warnings[0]).toContain(`1.2.3 in ${one.folder}`);
    expect(warnings[0]).toContain(`9.9.9 in ${two.folder}`);
  }
});

it('the two builds of one package, or a module that is loaded twice, are one copy', async () => {
  expect(await warningsOf([one.entry('esm'), one.entry('cjs')])).toEqual([]);
  expect(await warningsOf([one.entry(), `${one.entry()}?again`])).toEqual([]);
  expect(await warningsOf([one.entry()])).toEqual([]);
});

it('a test runner that loads the package anew for each test is told nothing', async () => {
  const classes = new Set<unknown>();
  const warnings: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    jest.resetModules();
    const { Logger } = await import('@nestjs/common');
    const { Test } = await import('@nestjs/testing');
    const { LockService } = await import('../../lib/index.js');
    const { LockTestingModule } = await import('../../lib/testing/index.js');
    classes.add(LockService);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => warnings.push(text));
    const moduleRef = await Test.createTestingModule({ imports: [LockTestingModule.forRoot()] }).compile();
    await moduleRef.close();
    warn.mockRestore();
  }
  expect(classes.size).toBe(3);
  expect(warnings).toEqual([]);
});
