/**
 * Counts the commands that clients send to a server, by `MONITOR`. It marks what a script runs inside the server with
 * the source `lua`, and that is left out: an `EVALSHA` is one command, whatever its script does. (`INFO commandstats`
 * and `total_commands_processed` both count the inner commands too, so that neither can tell.) A pair of marker
 * commands brackets what is counted: the stream of `MONITOR` has the order in which the server executed. It makes every
 * command dearer, those inside scripts most of all, so that nobody listens except while something is counted.
 */
import { randomUUID } from 'node:crypto';

import { connect } from '../client.mjs';
import { openMonitor } from './monitor.mjs';

export async function openCounter(redisUrl) {
  const control = await connect(redisUrl);
  return {
    /** What was sent while `work` ran: how often each command. `onCommand` is shown each of them. */
    during: (work, onCommand = () => {}) => count(control, redisUrl, work, onCommand),
    close: () => control.quit(),
  };
}

async function count(control, redisUrl, work, onCommand) {
  let counted = null;
  let onMarker = null;
  const monitor = await openMonitor(redisUrl, (args, source) => {
    if (source === 'lua') return;
    const [name, marker] = args;
    if (onMarker?.(name, marker) || counted === null) return;
    counted.set(name.toLowerCase(), (counted.get(name.toLowerCase()) ?? 0) + 1);
    onCommand(args);
  });

  /** Answers what was counted until now, and begins anew. */
  async function mark() {
    const expected = randomUUID();
    const seen = new Promise((resolve) => {
      onMarker = (name, marker) => {
        if (name.toLowerCase() !== 'echo' || marker !== expected) return false;
        resolve(counted);
        counted = new Map();
        onMarker = null;
        return true;
      };
    });
    await control.echo(expected);
    return seen;
  }

  try {
    await mark();
    await work();
    return Object.fromEntries(await mark());
  } finally {
    monitor.close();
  }
}
