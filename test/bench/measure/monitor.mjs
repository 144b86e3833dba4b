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
  const orders = [['MONITOR']];
  if (password) orders.unshift(['AUTH', ...[username, password].filter(Boolean).map(decodeURIComponent)]);
  const lines = createInterface({ input: socket });
  let answers = 0;
  const begun = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const [, source, words] = /^\+[\d.]+ \[\d+ (\S+)\] (.*)$/.exec(line) ?? [];
      if (words !== undefined) onCommand(wordsOf(words), source);
      else if (line !== '+OK') reject(new Error(`MONITOR: ${line}`));
      else if (++answers === orders.length) resolve();
    });
    socket.on('error', reject);
  });
  for (const order of orders) socket.write(inline(...order));
  await begun;
  return { close: () => socket.destroy() };
}

const inline = (...words) => `${words.map((word) => JSON.stringify(word)).join(' ')}\r\n`;

/** Each word is in quotes. No word of a benchmark needs to be unescaped. */
const wordsOf = (text) => Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, word]) => word);
