/**
 * Who runs where. A pair takes twice as long when its server wakes up on another processor as when both share one, and
 * that is up to the system, for as long as it likes; so server, client and network are given processors of their own,
 * where `taskset` is there to do that and there are two processors at least. Of two, the network, which never sleeps, has
 * one, and then client and server share the other.
 */
import { spawnSync } from 'node:child_process';

const [first, second, third] = allowed();

/** For a server, for a client that talks to it directly, and for a network and the clients behind it. */
export const processors = {
  isPinned: second !== undefined,
  server: first,
  client: second,
  network: third ?? second,
  clientBehindNetwork: third === undefined ? first : second,
};

/** Has a process, which has just been started, run on one processor only; does nothing where that can't be had. */
export function pin(pid, processor) {
  if (processors.isPinned) spawnSync('taskset', ['-a', '-c', '-p', String(processor), String(pid)]);
}

/** The numbers of the processors that this process may use. */
function allowed() {
  const { status, stdout } = spawnSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) return [];
  const list = stdout.slice(stdout.lastIndexOf(':') + 1).trim();
  return list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
