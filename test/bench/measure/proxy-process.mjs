/**
 * A network in a process of its own: what goes through it takes so many milliseconds longer in each direction, in order.
 * `setTimeout` is late by a millisecond and more, so that the last part of each delay is spent looking at the clock.
 */
import { connect, createServer } from 'node:net';

const [host, port, delayMs] = process.argv.slice(2);
const DELAY_MS = Number(delayMs);
const WATCHED_MS = 3;

/** What is under way, in both directions of all connections; all take equally long, so that it is in order. */
const underWay = [];
let isWatched = false;

function send(target, data) {
  underWay.push({ due: performance.now() + DELAY_MS, target, data });
  if (isWatched) return;
  isWatched = true;
  watch();
}

function watch() {
  const now = performance.now();
  while (underWay.length > 0 && underWay[0].due <= now) deliver(underWay.shift());
  if (underWay.length === 0) {
    isWatched = false;
    return;
  }
  const left = underWay[0].due - now;
  if (left > WATCHED_MS) setTimeout(watch, left - WATCHED_MS);
  else setImmediate(watch);
}

function deliver({ target, data }) {
  if (target.destroyed || target.writableEnded) return;
  if (data === null) target.end();
  else target.write(data);
}

function join(source, target) {
  source.on('data', (data) => send(target, data));
  source.on('end', () => send(target, null));
  source.on('error', () => target.destroy());
  source.on('close', () => send(target, null));
}

const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  join(client, upstream);
  join(upstream, client);
});
listener.listen(0, '127.0.0.1', () => process.send({ port: listener.address().port }));
process.on('disconnect', () => process.exit());
