/** Two processes of a contestant that hand one key to and fro, as one entry of the tables. See `cases/handoff.mjs`. */
import { setTimeout as delay } from 'node:timers/promises';

import { now } from './clock.mjs';
import { processors } from './processors.mjs';

const KEY = 'handoff';
/** Any contestant's first request has arrived after this many round trips; a line, where there is one, is looked at. */
const TRIPS_TO_ASK = 3;
const IN_LINE_LIMIT_MS = 2_000;

/** @param tripMs one round trip of the network between them and the server */
export async function openTurns(open, contestant, url, tripMs) {
  const start = () => open(contestant, { url, processor: processors.clientBehindNetwork });
  const processes = [await start(), await start()];
  const step = (who, name) => who.work('handoff', 0, { step: name, key: KEY });

  async function handOff(holder, waiter) {
    await step(waiter, 'ask');
    // Not always after the same time: those who poll would always be found at the same point of their sleep.
    await delay(TRIPS_TO_ASK * tripMs + Math.random() * tripMs);
    await inLine(holder);
    const [{ time: released }, { time: entered }] = await Promise.all([step(holder, 'leave'), step(waiter, 'entered')]);
    if (entered < released) throw new Error('it does not exclude: the waiter entered before the release');
    return entered - released;
  }

  async function inLine(holder) {
    const limit = now() + IN_LINE_LIMIT_MS;
    while ((await step(holder, 'inLine')).waiting === 0) if (now() > limit) throw new Error('no waiter came into line');
  }

  return {
    contestant,
    failure: processes.find(({ failure }) => failure !== undefined)?.failure,
    async work(_name, milliseconds) {
      const samples = [];
      let [holder, waiter] = processes;
      await step(holder, 'ask');
      await step(holder, 'entered');
      for (const end = now() + milliseconds; now() < end; [holder, waiter] = [waiter, holder]) {
        samples.push(await handOff(holder, waiter));
      }
      await step(holder, 'leave');
      return { samples };
    },
    close: () => Promise.all(processes.map((one) => one.close())),
  };
}
