/** Beside nestjs-cls, whose proxy providers throw where they are asked for what they don't know. */
import { join } from 'node:path';

import { install, run, WITHOUT_PEERS } from '../install.mjs';
import { withApplication } from './application.mjs';

export async function nestjsCls() {
  const modules = [join(install('nestjs-cls', WITHOUT_PEERS), 'node_modules')];
  await withApplication('nestjs-cls', { modules, packages: ['nestjs-cls'] }, (folder) => run([join(folder, 'app.js')]));
}
