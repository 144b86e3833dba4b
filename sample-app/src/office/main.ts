/**
 * `npm run office`: the ticket office for a person to look at. Three processes, a Redis of their own (or memory, in one process),
 * traffic that never ends, and the board. Ctrl-C ends it.
 */
import { fileURLToPath } from 'node:url';
import { Cleanup } from '../demo/cleanup.js';
import { ForkedOffice } from '../demo/forked.office.js';
import { openRedis, SetupError } from '../demo/redis.js';
import { OfficeConfig } from '../office.config.js';
import { openOffice } from './open-office.js';

const NAMES = ['north', 'south', 'harbour'];
const PROGRAM = fileURLToPath(new URL('./office.process.js', import.meta.url));

const cleanup = new Cleanup();
const ended = new Promise<number>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(0));
  process.on('uncaughtException', (error) => resolve(fail(error)));
});
const status = await Promise.race([ended, open().then(() => ended, fail)]);
await cleanup.run();
process.exit(status);

async function open(): Promise<void> {
  const prefix = `office-${process.pid}`;
  const isInMemory = process.argv.includes('--memory');
  const url = isInMemory ? null : await openRedis(cleanup, prefix);
  const boards =
    url === null ? [await openHere(prefix)] : await Promise.all(NAMES.map((name) => fork(name, url, prefix)));
  console.log(`\nThe board: ${boards[0]}/locks`);
  for (const other of boards.slice(1)) console.log(`The same, seen by another process: ${other}/locks`);
  console.log('Ctrl-C ends it.');
}

async function openHere(prefix: string): Promise<string> {
  console.log('No Redis: everything is in the memory of one process, so there is only one office.');
  const app = await openOffice(new OfficeConfig(NAMES[0]!, 'memory', prefix));
  await cleanup.add(() => app.close());
  return app.getUrl();
}

async function fork(name: string, url: string, prefix: string): Promise<string> {
  const office = new ForkedOffice(new OfficeConfig(name, url, prefix), PROGRAM);
  await cleanup.add(() => office.close());
  await office.opened();
  return office.url;
}

function fail(error: unknown): number {
  if (!cleanup.isRunning) console.error(error instanceof SetupError ? error.message : error);
  return 1;
}
