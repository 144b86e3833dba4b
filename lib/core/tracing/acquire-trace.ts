/** Publishes how a caller comes to a lock, or why it does not; and from then on how long it is held. */
import type { LockAcquireMessage } from '../../lock.channels.js';
import type { LockSource } from '../../lock.events.js';
import type { LockHandle } from '../lock-handle.js';
import { waitEndOf } from '../wait-end.js';
import { acquireChannel, holdChannel } from './channels.js';
import { traceHold } from './hold-trace.js';

/** What is known before the lock is asked for. */
type Asked = Pick<LockAcquireMessage, 'instance' | 'label' | 'keys' | 'mode' | 'id'>;

/** From the quickest way to the slowest. */
const WAYS: readonly LockSource[] = ['re-entered', 'handed-on', 'free', 'granted'];

/** Whether anybody listens. */
export function isTraced(): boolean {
  return acquireChannel.hasSubscribers || holdChannel.hasSubscribers;
}

/** Takes a lock in the async context of its caller, and publishes what becomes of it. */
export function traceAcquire(
  asked: Asked,
  signal: AbortSignal | undefined,
  take: () => Promise<LockHandle>,
): Promise<LockHandle> {
  const { start, end, asyncStart, asyncEnd, error: failed } = acquireChannel;
  const message: LockAcquireMessage = { ...asked };
  const askedAt = performance.now();
  const taken = start.runStores(message, take);
  end.publish(message);
  const settled = (): void => {
    message.waitedMs = performance.now() - askedAt;
    if (message.error !== undefined) failed.publish(message);
    asyncStart.publish(message);
    asyncEnd.publish(message);
  };
  return taken.then(
    (lock) => {
      message.outcome = 'acquired';
      message.how = slowest(lock.sources);
      settled();
      traceHold(asked, lock);
      return lock;
    },
    (error: unknown) => {
      message.outcome = waitEndOf(error, signal) ?? 'error';
      message.error = error;
      settled();
      throw error;
    },
  );
}

function slowest(sources: readonly LockSource[]): LockSource {
  return WAYS[Math.max(...sources.map((source) => WAYS.indexOf(source)))]!;
}
