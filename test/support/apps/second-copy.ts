/**
 * Another copy of the package on this disk, as two versions in one `node_modules` tree are: built from the sources,
 * in a folder of its own inside `node_modules`, so that its imports resolve as they do here.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import type { Options } from '@swc/core';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const transform = (type: 'es6' | 'commonjs'): Options => ({
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type },
});

/** A copy that is there until it is removed. */
export class SecondCopy {
  readonly folder: string;

  constructor(version: string) {
    this.folder = join(ROOT, 'node_modules/.cache/lock-copies', randomUUID(), 'nestjs-distributed-lock');
    for (const type of ['es6', 'commonjs'] as const) this.build(type);
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: 'nestjs-distributed-lock', version }));
  }

  /** What an `import` statement names, or `require` a path. */
  entry(build: 'esm' | 'cjs' = 'esm'): string {
    return pathToFileURL(join(this.folder, 'dist', build, 'index.js')).href;
  }

  load(): Promise<typeof import('../../../lib/index.js')> {
    return import(this.entry()) as Promise<typeof import('../../../lib/index.js')>;
  }

  remove(): void {
    rmSync(dirname(this.folder), { recursive: true, force: true });
  }

  private build(type: 'es6' | 'commonjs'): void {
    const dist = join(this.folder, 'dist', type === 'es6' ? 'esm' : 'cjs');
    for (const name of readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const target = join(dist, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      const text = readFileSync(join(ROOT, 'lib', name), 'utf8');
      writeFileSync(target, transformSync(text, { ...transform(type), filename: name }).code);
    }
    writeFileSync(join(dist, 'package.json'), JSON.stringify({ type: type === 'es6' ? 'module' : 'commonjs' }));
  }
}
