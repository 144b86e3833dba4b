/**
 * The library and the test programs as JavaScript, for processes that Jest does not run in. Sources are only stripped of
 * their types, into a folder inside `node_modules` so that their imports resolve as they do here. The folder is named
 * after what it holds and appears in one step, so spec files that run at the same time may all build it, and none sees
 * half of it.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/lock-processes');
const SOURCES = ['lib', 'sample-app/redis', 'test/processes', 'test/support', 'test/campaign'];
const SPEC = /\.spec\.ts$/;
const SOURCE = /\.(ts|mjs)$/;
/** Folders of other sources are removed when none was started from them for an hour. */
const KEEP_MS = 3_600_000;

/** @type {import('@swc/core').Options} */
const TRANSFORM = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

let built;

export function builtPath(source) {
  built ??= build();
  const now = new Date();
  utimesSync(built, now, now);
  return join(built, source.replace(/\.ts$/, '.js'));
}

function build() {
  const sources = SOURCES.flatMap((folder) => filesIn(join(ROOT, folder))).map((path) => ({
    path: relative(ROOT, path),
    text: readFileSync(path, 'utf8'),
  }));
  const hash = createHash('sha256')
    .update(JSON.stringify([TRANSFORM, sources]))
    .digest('hex');
  const folder = join(CACHE, hash.slice(0, 16));
  if (existsSync(folder)) return folder;

  const draft = `${folder}.${randomUUID()}`;
  for (const { path, text } of sources) {
    const target = join(draft, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, path.endsWith('.ts') ? transformSync(text, { ...TRANSFORM, filename: path }).code : text);
  }
  writeFileSync(join(draft, 'package.json'), '{ "type": "module" }');
  publish(draft, folder);
  sweep(folder);
  return folder;
}

function publish(draft, folder) {
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    // Somebody else was faster.
    if (!existsSync(folder)) throw error;
  }
}

function sweep(current) {
  for (const path of readdirSync(CACHE).map((name) => join(CACHE, name))) {
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (path !== current && age > KEEP_MS) rmSync(path, { recursive: true, force: true });
  }
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => SOURCE.test(name) && !SPEC.test(name))
    .sort()
    .map((name) => join(folder, name));
}
