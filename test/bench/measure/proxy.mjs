/** Starts `proxy-process.mjs` before a server. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { pin, processors } from './processors.mjs';

const PROCESS = fileURLToPath(new URL('proxy-process.mjs', import.meta.url));

/** A way to the server on which everything takes `delayMs` longer in each direction. */
export async function startProxy(redisUrl, delayMs) {
  const url = new URL(redisUrl);
  const child = fork(PROCESS, [url.hostname, url.port || '6379', String(delayMs)]);
  pin(child.pid, processors.network);
  const exited = once(child, 'exit');
  const [{ port }] = await Promise.race([once(child, 'message'), exited.then(refuse)]);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function refuse() {
  throw new Error('the proxy did not start');
}
