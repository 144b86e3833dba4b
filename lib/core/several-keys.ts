/**
 * Takes several keys, all or none. One request asks for all of them where the store can see them together; it takes none
 * where one is not free. Then, and where they lie apart, they are taken one after the other in an order that is the same
 * for all callers, so that two of them never wait for each other.
 */
import { isLockError } from '../lock.errors.js';
import type { LockBusyError } from '../lock.errors.js';
import { PartCaller, TogetherCaller } from './callers.js';
import type { Part } from './callers.js';
import { LockHandle } from './lock-handle.js';
import type { KeyQueues } from './queue/key-queues.js';
import type { LockRequest } from './queue/waiter.js';
import { isMomentary } from './store-failure.js';

/** What takes keys. */
interface Taking {
  readonly queues: KeyQueues;
  /** Enters a key that the caller holds already; undefined where it has to be taken. Throws where neither may be. */
  enter(request: LockRequest): Part | undefined;
}

/** The parts of a lock, in the order of the requests. */
export async function takeSeveral(taking: Taking, requests: readonly LockRequest[]): Promise<readonly Part[]> {
  const parts = new Map<string, Part>();
  try {
    const missing: LockRequest[] = [];
    for (const request of [...requests].sort((a, b) => byCodeUnit(a.key, b.key))) {
      const entered = taking.enter(request);
      if (entered) parts.set(request.key, entered);
      else missing.push(request);
    }
    const together = await takeTogether(taking, missing);
    if (together) missing.forEach(({ key }, i) => parts.set(key, together[i]!));
    else await takeInTurn(taking, missing, parts);
  } catch (error) {
    // In the background, as its request may take as long as the wait that has just ended.
    giveBack([...parts.values()]);
    throw error;
  }
  return requests.map(({ key }) => parts.get(key)!);
}

/** The handle of what was taken. */
export function toHandle(parts: readonly Part[]): LockHandle {
  const outers = parts.some(({ outer }) => outer) ? parts.map(({ outer }) => outer) : undefined;
  return new LockHandle(
    parts.map(({ holder }) => holder),
    outers,
  );
}

/** Undefined where it can't be, or where one of the keys is not free and may be waited for. */
async function takeTogether(
  { queues }: Taking,
  requests: readonly LockRequest[],
): Promise<readonly Part[] | undefined> {
  if (requests.length < 2) return undefined;
  const parts: Promise<Part>[] = [];
  const asked = requests.map((request) => {
    let waiter: TogetherCaller;
    parts.push(new Promise((resolve) => (waiter = new TogetherCaller(request, resolve))));
    return { key: request.key, waiter: waiter! };
  });
  if (!queues.takeTogether(asked, performance.now())) return undefined;
  const outcomes = await Promise.allSettled(parts);
  const taken = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (taken.length === requests.length) return taken;
  giveBack(taken);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const broken = errors.find((error) => !isLockError(error, 'LOCK_BUSY'));
  const mayWait = requests[0]!.settings.wait > 0;
  if (broken !== undefined && !(mayWait && isMomentary(broken))) throw broken;
  if (mayWait) return undefined;
  // The others had nothing in their way.
  const busy = (errors as LockBusyError[]).reduce((a, b) => ((b.retryAfterMs ?? 0) > (a.retryAfterMs ?? 0) ? b : a));
  throw busy;
}

async function takeInTurn(
  { queues, enter }: Taking,
  requests: readonly LockRequest[],
  parts: Map<string, Part>,
): Promise<void> {
  for (const request of requests) {
    // The caller may have cancelled since, or the service may be closing.
    const entered = enter(request);
    if (entered) {
      parts.set(request.key, entered);
      continue;
    }
    const now = performance.now();
    const next = parts.size > 0 ? { ...request, nextAskedAt: now } : request;
    const part = new Promise<Part>((resolve) => queues.take(request.key, new PartCaller(next, resolve), now));
    parts.set(request.key, await part);
  }
}

function giveBack(parts: readonly Part[]): void {
  if (parts.length > 0) void toHandle(parts).endUnused();
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
