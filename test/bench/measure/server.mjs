/** What work costs the server, as it tells itself. */
import { connect } from '../client.mjs';

/** Scripts that take longer, in microseconds, are written down. */
const SLOW_US = 300;
const SLOW_LOG_LENGTH = 5_000;

export async function openServer(redisUrl) {
  const client = await connect(redisUrl);
  return {
    /** What happened while `work` ran: processor time of the server in ms, and its slow scripts. */
    async during(work) {
      const restore = await watchSlow(client);
      try {
        const before = await cpu(client);
        const result = await work();
        const spent = (await cpu(client)) - before;
        return { result, cpuMs: spent, ...(await slowScripts(client)) };
      } finally {
        await restore();
      }
    },
    close: () => client.quit(),
  };
}

async function cpu(client) {
  const info = await client.info('cpu');
  const seconds = ['user', 'sys'].map((kind) => Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)?.[1]));
  return (seconds[0] + seconds[1]) * 1_000;
}

/** Has slow commands logged; answers what puts the old settings back. */
async function watchSlow(client) {
  const names = ['slowlog-log-slower-than', 'slowlog-max-len'];
  const before = [];
  for (const name of names) before.push([name, (await client.config('GET', name))[1]]);
  await client.config('SET', names[0], SLOW_US, names[1], SLOW_LOG_LENGTH);
  await client.slowlog('RESET');
  return async () => {
    for (const [name, value] of before) await client.config('SET', name, value);
  };
}

/** The longest, or at what it would have been logged when there is none; and how many took more than a millisecond. */
async function slowScripts(client) {
  const entries = await client.slowlog('GET', SLOW_LOG_LENGTH);
  const durations = entries.filter(([, , , [name]]) => /^eval/i.test(name)).map(([, , microseconds]) => microseconds);
  return {
    longestMs: Math.max(SLOW_US, ...durations) / 1_000,
    over1ms: durations.filter((microseconds) => microseconds > 1_000).length,
  };
}
