// The command starts from the package as npm would install it, and says which version it is.
import { strictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'node_modules/nestjs-distributed-lock');
const { version, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const program = join(folder, bin['nestjs-distributed-lock']);
strictEqual(readFileSync(program, 'utf8').split('\n')[0], '#!/usr/bin/env node');
strictEqual(execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim(), version);
