/**
 * Where the library calls back. A timer, a socket or a listener runs in the async context in which it was set up, and
 * that may be in the middle of a caller's section: what runs there would hold that caller's locks, and a socket would
 * retain the data of one request for as long as it lives. So whatever outlasts a call is set up in the context in which
 * its service was made, less the locks that may be held there.
 */
import { AsyncResource } from 'node:async_hooks';
import { runHoldingNothing } from './lock-context.js';

export class Outside {
  private readonly resource = runHoldingNothing(
    () => new AsyncResource('nestjs-distributed-lock', { requireManualDestroy: true }),
  );

  /** Runs `act` outside of every caller's async context. */
  run<Result>(act: () => Result): Result {
    return this.resource.runInAsyncScope(act);
  }
}
