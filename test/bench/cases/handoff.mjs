/**
 * How long nobody has the key when it goes from one process to another over a network: from the moment at which the
 * holder calls for the release to the moment at which the section of the waiter begins, on the clock that both share.
 * Two processes take turns: each time the one that waits has long been in line when the other releases.
 */
import { inShort, ping, withFormer } from '../contestants/index.mjs';
import { now } from '../measure/clock.mjs';
import { withEntries } from '../measure/entries.mjs';
import { openTurns } from '../measure/turns.mjs';
import { processors } from '../measure/processors.mjs';
import { startProxy } from '../measure/proxy.mjs';
import { inRounds, rowsOf } from '../measure/rounds.mjs';
import { median, quantile } from '../measure/statistics.mjs';
import { HAND_OFF_DELAY_MS } from '../settings.mjs';

const TRIP_MS = 2 * HAND_OFF_DELAY_MS;

export const handoff = {
  name: 'handoff',
  ownEntries: true,
  title: `Hand-off from process to process, ${TRIP_MS} ms of network`,
  columns: [
    { key: 'trips', label: 'p50 round trips', digits: 2 },
    { key: 'slowTrips', label: 'p99 round trips', digits: 2 },
    { key: 'p50', label: 'p50 ms', digits: 2 },
    { key: 'p99', label: 'p99 ms', digits: 2 },
    { key: 'count', label: 'hand-offs', digits: 0 },
  ],

  measure: ({ seconds, open, redisUrl }) =>
    withEntries([() => startProxy(redisUrl, HAND_OFF_DELAY_MS)], ([{ url }]) => {
      const starts = withFormer(inShort).map((contestant) => () => openTurns(open, contestant, url, TRIP_MS));
      return withEntries([() => openPing(open, url), ...starts], async (entries) => {
        const results = await inRounds(entries, seconds * 2, 'handoff', { slice: 1 });
        const trip = median(results[0].rounds.flatMap(({ samples }) => samples));
        return { rows: rowsOf(results, (rounds) => figures(rounds, trip)), notes: [NOTE] };
      });
    }),

  /** One step of a process, see `turns.mjs`. */
  work: (session, _milliseconds, { step, key }) => steps[step](session, key),
};

const NOTE =
  'From the call that releases to the begin of the section of the waiter, who was in line before. A round trip is what ' +
  'a PING took through the same proxy in the same rounds.';

let turn = null;

const steps = {
  /** Asks for the key and answers at once. */
  async ask(session, key) {
    const mine = { entered: deferred(), leave: deferred() };
    mine.ended = session.run(key, async () => {
      mine.entered.resolve(now());
      await mine.leave.promise;
      mine.left = now();
    });
    mine.ended.catch(mine.entered.reject);
    turn = mine;
  },
  inLine: async (session, key) => ({ waiting: await session.inLine?.(key) }),
  /** When the section began. */
  entered: async () => ({ time: await turn.entered.promise }),
  /** When the release was called for; answered when it is over. */
  async leave() {
    turn.leave.resolve();
    await turn.ended;
    return { time: turn.left };
  },
};

function deferred() {
  let settle;
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  promise.catch(() => {}); // whoever waits for it hears of it
  return { promise, ...settle };
}

async function openPing(open, url) {
  const entry = await open(ping, { url, processor: processors.clientBehindNetwork });
  return {
    contestant: ping,
    failure: entry.failure,
    async work(_name, milliseconds) {
      const { latencies } = await entry.work('pair', milliseconds);
      return { samples: Array.from(latencies, (microseconds) => microseconds / 1_000) };
    },
    close: () => entry.close(),
  };
}

function figures(rounds, trip) {
  const samples = rounds.flatMap((round) => round.samples);
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(samples, share));
  return { trips: p50 / trip, slowTrips: p99 / trip, p50, p99, count: samples.length, rounds: samples };
}
