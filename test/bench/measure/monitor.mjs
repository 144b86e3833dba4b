/**
 * `MONITOR` on a connection of its own. The client that everybody else runs on can't begin it while others send: it takes
 * what arrives together with the answer for one more answer.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** @param onCommand is told the words of each command, and its source: a client's address, or `lua` within a script */
export async function openMonitor(redisUrl, onCommand) {
  const { hostname, port, username, password } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port || 6379) });
  await once(socket, 'connect');
  if (password) socket.write(inline('AUTH', ...[username, password].filter(Boolean).map(decodeURIComponent)));
  const lines = createInterface({ input: socket });
  const begun = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const [, source, words] = /^\+[\d.]+ \[\d+ (\S+)\] (.*)$/.exec(line) ?? [];
      if (words !== undefined) onCommand(wordsOf(words), source);
      else if (line === '+OK') resolve();
      else reject(new Error(`MONITOR: ${line}`));
    });
    socket.on('error', reject);
  });
  socket.write(inline('MONITOR'));
  await begun;
  return { close: () => socket.destroy() };
}

const inline = (...words) => `${words.map((word) => JSON.stringify(word)).join(' ')}\r\n`;

/** Each word is in quotes. No word of a benchmark needs to be unescaped. */
const wordsOf = (text) => Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, word]) => word);
