/** Stores that break one promise each about what is listed, and about what processes are told. */
import { MemoryLockStore } from 'nestjs-distributed-lock';
import type { KeySummary, MemoryLeases, ReleaseAnswer, ReleaseRequest } from 'nestjs-distributed-lock';
import { processIdOf } from '../../lib/stores/protocol.js';

type FlawedStore = new (leases: MemoryLeases) => MemoryLockStore;

/** A store that says something else of each key, or nothing. */
function saying(change: (summary: KeySummary) => KeySummary[]): FlawedStore {
  return class extends MemoryLockStore {
    override async *list(match: string): AsyncGenerator<readonly KeySummary[]> {
      for await (const piece of super.list(match)) yield piece.flatMap(change);
    }
  };
}

/** A store that sends other requests to give leases back. */
function releasing(change: (request: ReleaseRequest, store: MemoryLockStore) => ReleaseRequest): FlawedStore {
  return class extends MemoryLockStore {
    override release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
      return super.release(requests.map((request) => change(request, this)));
    }
  };
}

export const FLAWS: Readonly<Record<string, FlawedStore>> = {
  'lists no waiters': saying((each) => [{ ...each, waitingCount: 0 }]),
  'lists no holders': saying((each) => [{ ...each, holder: null, holderCount: 0 }]),
  'lists one holder of several': saying((each) => [{ ...each, holderCount: Math.min(1, each.holderCount) }]),
  'lists a share without its weight': saying((each) => [
    { ...each, holder: each.holder && { ...each.holder, weight: 1 } },
  ]),
  'lists held keys only': saying((each) => (each.holder ? [each] : [])),
  'lists keys twice': saying((each) => [each, each]),
  'lists other keys than it was asked for': class extends MemoryLockStore {
    override list(): AsyncGenerator<readonly KeySummary[]> {
      return super.list('*');
    }
  },
  'lists the first hundred keys': class extends MemoryLockStore {
    override async *list(match: string): AsyncGenerator<readonly KeySummary[]> {
      for await (const piece of super.list(match)) return void (yield piece);
    }
  },
  'forgets who a process is': class extends MemoryLockStore {
    override async describe(processIds: readonly string[]): Promise<undefined[]> {
      return processIds.map(() => undefined);
    }
  },
  'says nothing to processes': class extends MemoryLockStore {
    override async tell(): Promise<boolean> {
      return true;
    }
  },
  'says nothing of leases that are taken away': releasing((request) => ({ ...request, notice: undefined })),
  'says that a lease was taken away, whether or not': releasing((request, store) => {
    const { token, notice } = request;
    if (notice !== undefined) void store.tell(processIdOf(token), notice);
    return { ...request, notice: undefined };
  }),
};
