/** Reads what a worker wrote; the last line of one that was killed may be torn. */
import { readFileSync } from 'node:fs';
import type { Entry, Life } from './entry.js';

export function readLife(path: string, name: string, killed: boolean): Life {
  const lines = readFileSync(path, 'utf8').split('\n');
  const rest = lines.pop();
  if (rest && !killed) throw new Error(`${path} ends in the middle of a line, and ${name} was not killed`);
  return { name, killed, entries: lines.map((line) => JSON.parse(line) as Entry) };
}
