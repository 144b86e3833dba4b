/** `watch`: the list of keys, looked at again and again until it is interrupted. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Operator } from '../../core/operations/operator.js';
import { isLockError } from '../../lock.errors.js';
import type { KeyOverview } from '../../lock.operations.js';
import { readCount, readTime } from '../arguments.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { failureText } from '../failure-text.js';
import type { Terminal } from '../terminal.js';
import { ChangeLog } from '../watch/change-log.js';
import { Screen } from '../watch/screen.js';
import { refusePart } from '../whole-list.js';

/** Where a look at the keys is shown. */
interface WatchView {
  show(keys: readonly KeyOverview[], now: Date): Promise<void>;
  /** Redis can't be asked at the moment. */
  failed(message: string, now: Date): Promise<void>;
  /** Leaves the terminal as it was. */
  end(): Promise<void>;
}

const [DEFAULT_INTERVAL, LEAST_INTERVAL] = [1_000, 100];

export function watch(given: Arguments, terminal: Terminal): Command {
  const { options } = given;
  const interval = readTime('interval', options['interval'], DEFAULT_INTERVAL, LEAST_INTERVAL);
  const limit = readCount('limit', options['limit'], 1) ?? Infinity;
  const match = typeof options['match'] === 'string' ? options['match'] : '*';
  const asJson = options['json'] === true;
  return async (operator) => {
    if (options['cluster'] === undefined) await refusePart(operator);
    const stop = AbortSignal.any([terminal.interruptible(), terminal.closed]);
    const view = terminal.size() && !asJson ? new Screen(terminal, match) : new ChangeLog(terminal, asJson);
    try {
      while (!stop.aborted) {
        await look(operator, given, { match, limit }, view, stop);
        await pause(interval, undefined, { signal: stop }).catch(() => undefined);
      }
    } finally {
      await view.end();
    }
    return EXIT.fine;
  };
}

/** Redis may be away for a while; what it is asked next tells when it is back. */
async function look(
  operator: Operator,
  given: Arguments,
  which: { readonly match: string; readonly limit: number },
  view: WatchView,
  stop: AbortSignal,
): Promise<void> {
  try {
    const keys: KeyOverview[] = [];
    const reading = (async () => {
      for await (const each of operator.list(which)) {
        if (stop.aborted) return;
        keys.push(each);
      }
    })();
    await untilStopped(reading, stop);
    if (!stop.aborted) await view.show(keys, new Date());
  } catch (error) {
    if (!isLockError(error, 'LOCK_UNAVAILABLE')) throw error;
    if (!stop.aborted) await view.failed(failureText(error, given), new Date());
  }
}

/** A person that interrupts does not wait for Redis. */
async function untilStopped(reading: Promise<void>, stop: AbortSignal): Promise<void> {
  let heard: (() => void) | undefined;
  const stopped = new Promise<void>((resolve) => {
    heard = resolve;
    stop.addEventListener('abort', heard, { once: true });
  });
  await Promise.race([reading, stopped]);
  stop.removeEventListener('abort', heard!);
  reading.catch(() => undefined);
}
