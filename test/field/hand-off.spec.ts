/** Seen in the field: a release that had work to do for everybody in line, and stalled the server for all. */
import { LockService } from 'nestjs-distributed-lock';
import { closeAfterTest, lockModule, start } from '../support/apps/apps.js';
import { freshPrefix } from '../support/servers/run-server.js';
import { ownClient } from '../support/servers/clients.js';
import { keyBecomes, until } from '../support/waiting.js';

interface Command {
  readonly args: readonly string[];
  /** The client that sent it, or `lua` for what a script calls. */
  readonly source: string;
}

/** How many commands the server carries out for the release of a key for which so many processes wait. */
async function commandsOfRelease(waiters: number): Promise<number> {
  const prefix = freshPrefix();
  const open = async (): Promise<LockService> => (await start({ imports: [lockModule({ prefix })] })).get(LockService);
  // Before anything else is sent: ioredis takes what arrives together with the answer to MONITOR for another answer.
  const log: Command[] = [];
  const monitor = await ownClient().monitor();
  closeAfterTest({ close: async () => monitor.disconnect() });
  const holder = await open();
  const lock = await holder.acquire('key');
  const services = await Promise.all(Array.from({ length: waiters }, open));
  const turns = services.map(async (locks) => (await locks.acquire('key')).release());
  await keyBecomes(holder, 'key', ({ waiting }) => waiting.length === waiters);

  monitor.on('monitor', (_time: string, args: string[], source: string) => log.push({ args, source }));
  await lock.release();
  const begin = (): number =>
    log.findIndex(({ args, source }) => source !== 'lua' && args.some((arg) => arg.includes(`${lock.token} `)));
  const end = (): number => log.findIndex(({ source }, i) => i > begin() && source !== 'lua');
  await until(() => begin() >= 0 && end() >= 0);
  await Promise.all(turns);
  return end() - begin();
}

it('rescoring every waiter at each grant stalls the server', async () => {
  const few = await commandsOfRelease(2);
  expect(few).toBeGreaterThan(1);
  expect(await commandsOfRelease(30)).toBe(few);
});
