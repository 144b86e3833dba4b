/**
 * The process of one contestant, told by the benchmark what to do; `remote.mjs` is the other end. Everybody has a process
 * of their own, because libraries change the one they run in: an async context, for example, makes each promise in it
 * dearer on some versions of Node, for the floor as well.
 */
import { cases } from '../cases/index.mjs';
import { contestantOf } from '../contestants/index.mjs';
import { verifyExclusion } from './exclusion.mjs';

const [id, redisUrl, settings] = process.argv.slice(2);
let session;

const orders = {
  async open() {
    const contestant = contestantOf(id);
    session = await contestant.setup(redisUrl, JSON.parse(settings));
    if (!contestant.excludesNobody) await verifyExclusion(contestant, redisUrl, session);
  },
  /** Works for so long on a case; answers its figures, and the processor time that this process took. */
  async work(name, milliseconds, detail) {
    const { work } = cases.find((each) => each.name === name);
    const before = process.cpuUsage();
    const figures = await work(session, milliseconds, detail);
    const { user, system } = process.cpuUsage(before);
    return { ...figures, cpuMicroseconds: user + system };
  },
  async close() {
    await session?.close();
  },
};

const fail = (error) => process.send({ failure: String(error?.message ?? error).split('\n')[0] });

process.on('message', async ({ order, args }) => {
  try {
    process.send({ answer: await orders[order](...args) });
  } catch (error) {
    fail(error);
  }
});
process.on('uncaughtException', fail); // some report a lost lock this way; the row of the table then says so
process.on('disconnect', () => process.exit());
