/** One call for a lock while somebody listens: to events, or to the tracing channels. */
import type { LockAcquireMessage } from '../lock.channels.js';
import { isLockError } from '../lock.errors.js';
import type { LockEventEmitter } from './event-emitter.js';
import type { LockHandle } from './lock-handle.js';
import { modeOf } from './share-options.js';
import { isTraced, traceAcquire } from './tracing/acquire-trace.js';
import { waitEndOf } from './wait-end.js';
import type { LockRequest } from './queue/waiter.js';

/** What is asked for. */
interface Asked extends Omit<LockRequest, 'key'> {
  readonly keys: readonly string[];
  /** The caller holds the key already. */
  readonly isReentry: boolean;
}

/** Takes the lock, and tells how that ended. */
export function observeAcquire(
  events: LockEventEmitter,
  { keys, settings, id, askedAt, signal, isReentry }: Asked,
  take: () => Promise<LockHandle>,
): Promise<LockHandle> {
  const { label } = settings;
  const mode = modeOf(settings.share);
  const message: Pick<LockAcquireMessage, 'instance' | 'label' | 'keys' | 'mode' | 'id'> = {
    instance: events.instance,
    label,
    keys,
    mode,
    id,
  };
  const taken = isTraced() && !isReentry ? traceAcquire(message, signal, take) : take();
  taken.catch((error: unknown) => {
    const reason = waitEndOf(error, signal);
    if (!reason) return;
    // What cancels a call may be the loss of another lock, with a key of its own.
    const key = keys.find((each) => isLockError(error) && error.key === each) ?? keys[0]!;
    const waitedMs = performance.now() - askedAt;
    events.audience?.next({ type: 'refused', key, token: '', label, mode, id, reason, waitedMs });
  });
  return taken;
}
