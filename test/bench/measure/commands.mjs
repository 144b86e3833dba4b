/**
 * Counts the commands that clients send to a server, by `MONITOR`. It marks what a script runs inside the server with
 * the source `lua`, and that is left out: an `EVALSHA` is one command, whatever its script does. (`INFO commandstats`
 * and `total_commands_processed` both count the inner commands too, so that neither can tell.) A pair of marker
 * commands brackets what is counted: the stream of `MONITOR` has the order in which the server executed.
 */
import { randomUUID } from 'node:crypto';

import { connect } from '../client.mjs';

export async function openCounter(redisUrl) {
  const control = await connect(redisUrl);
  const monitor = await control.monitor();
  let counted = null;
  let onMarker = null;
  let look = () => {};
  monitor.on('monitor', (_time, args, source) => {
    if (source === 'lua') return;
    const [name, marker] = args;
    if (onMarker?.(name, marker) || counted === null) return;
    counted.set(name.toLowerCase(), (counted.get(name.toLowerCase()) ?? 0) + 1);
    look(args);
  });

  async function mark(then) {
    const expected = randomUUID();
    const seen = new Promise((resolve) => {
      onMarker = (name, marker) => {
        if (name.toLowerCase() !== 'echo' || marker !== expected) return false;
        then();
        onMarker = null;
        resolve();
        return true;
      };
    });
    await control.echo(expected);
    await seen;
  }

  return {
    /** What was sent while `work` ran: how often each command. `onCommand` is shown each of them. */
    async during(work, onCommand = () => {}) {
      look = onCommand;
      await mark(() => (counted = new Map()));
      await work();
      let result;
      await mark(() => {
        result = counted;
        counted = null;
      });
      return Object.fromEntries(result);
    },
    async close() {
      monitor.disconnect();
      await control.quit();
    },
  };
}
