/** Stores that break one promise each about keys that are shared, or about several keys in one step. */
import { MemoryLeases, MemoryLockStore } from 'nestjs-distributed-lock';
import type {
  AcquireRequest,
  ConvertRequest,
  LeaseShare,
  LockStore,
  StoreAnswer,
  StoreTiming,
  TogetherAnswer,
  TouchRequest,
} from 'nestjs-distributed-lock';
import { admits } from '../../lib/core/admission.js';
import { KeyRecord } from '../../lib/stores/memory/key-record.js';
import type { Sharer } from '../../lib/stores/memory/sharers.js';

/** Opens stores on the same leases. */
type Flaw = (timing: StoreTiming) => () => LockStore;

/** A store whose requests, or answers, are not what they should be. */
function inStore(Store: new (leases: MemoryLeases) => LockStore): Flaw {
  return (timing) => {
    const leases = new MemoryLeases(timing);
    return () => new Store(leases);
  };
}

/** A store whose keys follow other rules. */
function inRecord(Record: typeof KeyRecord): Flaw {
  class FlawedLeases extends MemoryLeases {
    override newRecord(): KeyRecord {
      return new Record(this.surroundings);
    }
  }
  return (timing) => {
    const leases = new FlawedLeases(timing);
    return () => new MemoryLockStore(leases);
  };
}

export const FLAWS: Readonly<Record<string, Flaw>> = {
  'lets newcomers overtake the queue': inRecord(
    class extends KeyRecord {
      override acquire(request: AcquireRequest, now: number): StoreAnswer {
        const isNew =
          !this.findSharer(request.token, now) && ![...(this.queue?.tokens(now) ?? [])].includes(request.token);
        if (!isNew || !this.isShared || !this.mayEnter(request, now)) return super.acquire(request, now);
        this.hold(request.token, request.ttl, request, now);
        return { state: 'held', fencingToken: this.fence };
      }
    },
  ),
  'counts readers that crashed': inRecord(
    class extends KeyRecord {
      protected override findSharer(token: string): Sharer | undefined {
        return this.sharers?.get(token);
      }
    },
  ),
  'goes by the limit of the newcomer only': inRecord(
    class extends KeyRecord {
      protected override mayEnter(share: LeaseShare, now: number): boolean {
        if (!this.isShared || share.limit === 1) return super.mayEnter(share, now);
        return this.sharers!.weight + share.weight <= share.limit;
      }
    },
  ),
  'goes by the limits of the holders only': inRecord(
    class extends KeyRecord {
      protected override mayEnter(share: LeaseShare, now: number): boolean {
        return super.mayEnter(this.isShared && share.limit > 1 ? { ...share, limit: Infinity } : share, now);
      }
    },
  ),
  'lets nobody in beside a lone reader': inRecord(
    class extends KeyRecord {
      protected override mayEnter(share: LeaseShare, now: number): boolean {
        return super.mayEnter(share, now) && this.sharers?.limit !== Infinity;
      }
    },
  ),
  'lets one waiter in at a time': inRecord(
    class extends KeyRecord {
      private lastGrant = -1;
      protected override mayEnter(share: LeaseShare, now: number): boolean {
        const isSecond = this.isShared && this.lastGrant === now && this.queue?.first(now) !== undefined;
        return super.mayEnter(share, now) && !isSecond;
      }
      protected override hold(token: string, ttl: number, share: LeaseShare, now: number): void {
        super.hold(token, ttl, share, now);
        this.lastGrant = now;
      }
    },
  ),
  'lets others in while a holder waits for an upgrade': inRecord(
    class extends KeyRecord {
      protected override mayEnter(share: LeaseShare, now: number): boolean {
        return this.isShared ? admits(this.sharers!, share) : super.mayEnter(share, now);
      }
    },
  ),
  'gives each sharer one fencing token': inRecord(
    class extends KeyRecord {
      protected override hold(token: string, ttl: number, share: LeaseShare, now: number): void {
        super.hold(token, ttl, share, now);
        if (share.limit > 1) this.lastFence = this.fence;
      }
    },
  ),
  'forgets what a sharer used': inRecord(
    class extends KeyRecord {
      protected override noteUsed(): void {}
    },
  ),
  'ignores weights': inStore(
    class extends MemoryLockStore {
      override async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
        return super.acquire(requests.map((request) => ({ ...request, weight: 1 })));
      }
    },
  ),
  'treats every request as exclusive, and does not say so': inStore(
    class extends MemoryLockStore {
      override async acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
        return super.acquire(requests.map((request) => ({ ...request, limit: 1, weight: 1 })));
      }
    },
  ),
  'keeps crashed readers alive by the touches of others': inStore(
    class extends MemoryLockStore {
      override async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
        for (const request of requests) {
          const [state] = await this.inspect([request.key]);
          await super.touch(state!.holders.map(({ token }) => ({ ...request, token })));
        }
        return super.touch(requests);
      }
    },
  ),
  'grants an upgrade beside a reader': inStore(
    class extends MemoryLockStore {
      override async convert(request: ConvertRequest): Promise<StoreAnswer> {
        const answer = await super.convert(request);
        if (answer.state === 'held' || answer.state === 'gone' || request.limit > 1) return answer;
        const [state] = await this.inspect([request.key]);
        return { state: 'held', fencingToken: state!.lastFencingToken! + 1_000 };
      }
    },
  ),
  'lets a second upgrader wait': inStore(
    class extends MemoryLockStore {
      override async convert(request: ConvertRequest): Promise<StoreAnswer> {
        const answer = await super.convert(request);
        return answer.state === 'busy' && request.wait
          ? { state: 'waiting', expiresIn: answer.expiresIn, at: answer.at }
          : answer;
      }
    },
  ),
  'upgrades under the same fencing token': inStore(
    class extends MemoryLockStore {
      override async convert(request: ConvertRequest): Promise<StoreAnswer> {
        const [before] = await this.inspect([request.key]);
        const holder = before!.holders.find(({ token }) => token === request.token);
        const answer = await super.convert(request);
        return answer.state === 'held' && holder ? { ...answer, fencingToken: holder.fencingToken } : answer;
      }
    },
  ),
  'downgrades under a smaller fencing token': inStore(
    class extends MemoryLockStore {
      override async convert(request: ConvertRequest): Promise<StoreAnswer> {
        const answer = await super.convert(request);
        return answer.state === 'held' && request.limit > 1
          ? { ...answer, fencingToken: answer.fencingToken - 1 }
          : answer;
      }
    },
  ),
  'does not hear that a wish is withdrawn': inStore(
    class extends MemoryLockStore {
      override async convert(request: ConvertRequest): Promise<StoreAnswer> {
        const [state] = await this.inspect([request.key]);
        const holder = state!.holders.find(({ token }) => token === request.token);
        const isSame = holder?.limit === request.limit && holder.weight === request.weight;
        return isSame ? (await this.touch([request]))[0]! : super.convert(request);
      }
    },
  ),
  'takes half of several keys': inStore(
    class extends MemoryLockStore {
      override async acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
        const answer = await super.acquireTogether(requests);
        if (answer.state === 'busy') await this.acquire(requests.slice(0, answer.index));
        return answer;
      }
    },
  ),
  'names another of several keys': inStore(
    class extends MemoryLockStore {
      override async acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
        const answer = await super.acquireTogether(requests);
        return answer.state === 'busy' ? { ...answer, index: 0 } : answer;
      }
    },
  ),
};
