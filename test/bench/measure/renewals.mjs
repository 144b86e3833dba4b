/**
 * What it costs to keep many locks, per pass: a pass is one renewal of each. How often a lock is renewed is counted and
 * not believed: a client's command renews the locks that it names, one or many.
 */
import { median } from './statistics.mjs';

/**
 * Processor time is the median of several slices, because what else the machine does is counted with it.
 *
 * @param entry its process holds so many keys that are called by `name` and a number; or, `ofOneKey`, so many leases of
 *   one key
 * @param counter see `commands.mjs`
 * @param server see `server.mjs`
 * @param idle what the process and the server take with no lock held, per millisecond
 * @param milliseconds how long a slice is
 * @param slices how many there are
 */
export async function measureRenewals(options) {
  const { entry, caseName, name, held, ofOneKey = false, counter, server, idle, milliseconds, slices = 1 } = options;
  const rest = (ms) => entry.work(caseName, ms, { step: 'rest' });
  const measured = [];
  for (let i = 0; i < slices; i++) measured.push(await server.during(() => rest(milliseconds)));
  const named = new RegExp(`\\b${name}\\d+\\b`, 'g');
  let renewals = 0;
  const sent = await counter.during(
    () => rest(milliseconds),
    (args) => {
      const names = args.join(' ').match(named) ?? [];
      renewals += ofOneKey ? names.length : new Set(names).size;
    },
  );
  const passes = renewals / held;
  const commands = Object.values(sent).reduce((sum, count) => sum + count, 0);
  const client = measured.map(({ result }) => result.cpuMicroseconds / 1_000 - idle.client * result.elapsed);
  return {
    passes,
    clientCpu: median(client) / passes,
    serverCpu: median(measured.map(({ cpuMs, result }) => cpuMs - idle.server * result.elapsed)) / passes,
    commands: commands / passes,
    longestMs: Math.max(...measured.map(({ longestMs }) => longestMs)),
    over1ms: measured.reduce((sum, { over1ms }) => sum + over1ms, 0),
  };
}

/** What a process and the server take while nothing happens, per millisecond. */
export async function measureIdle({ entry, caseName, server, milliseconds }) {
  const { result, cpuMs } = await server.during(() => entry.work(caseName, milliseconds, { step: 'rest' }));
  return { client: result.cpuMicroseconds / 1_000 / result.elapsed, server: cpuMs / result.elapsed };
}
