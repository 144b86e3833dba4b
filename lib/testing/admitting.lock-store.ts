/**
 * A store in which no caller is in another's way: each asks for its key as a reader does, whatever it wants, so every request
 * is granted at once. All else is the memory store's: leases end, tokens grow, a lease that was given back is gone.
 */
import { MemoryLockStore } from '../index.js';
import type {
  AcquireRequest,
  ConvertRequest,
  LeaseShare,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
} from '../index.js';

/** The share of a reader, beside whom every other reader may come in. */
const BESIDE_OTHERS: LeaseShare = { limit: Infinity, weight: 1 };

export class AdmittingLockStore extends MemoryLockStore {
  override acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return super.acquire(requests.map(besideOthers));
  }

  override acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
    return super.acquireTogether(requests.map(besideOthers));
  }

  override convert(request: ConvertRequest): Promise<StoreAnswer> {
    return super.convert(besideOthers(request));
  }

  override release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return super.release(
      requests.map(({ successor, ...request }) =>
        successor ? { ...request, successor: besideOthers(successor) } : request,
      ),
    );
  }
}

function besideOthers<Request extends LeaseShare>(request: Request): Request {
  return { ...request, ...BESIDE_OTHERS };
}
