/**
 * Where the library calls back. A timer, a socket or a listener runs in the async context in which it was set up, and
 * that may be in the middle of anybody's section: what runs there would hold that caller's locks, and a socket would keep
 * the data of one request for as long as it lives. So whatever outlasts a call is begun out here, in the context in which
 * this module was loaded.
 */
import { AsyncResource } from 'node:async_hooks';

const outside = new AsyncResource('nestjs-distributed-lock', { requireManualDestroy: true });

/** Runs `act` outside of every caller's async context. */
export function runOutside<Result>(act: () => Result): Result {
  return outside.runInAsyncScope(act);
}
