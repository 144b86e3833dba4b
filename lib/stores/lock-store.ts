/**
 * The port between the library and the place where leases are kept; types only, its numbers and functions are in
 * `protocol.ts`. One idea carries every kind of lock: a key is a set of live holders, a queue of waiters, and a rule for
 * who may come in. A store answers a few requests. Each takes a list, is atomic per key, costs one round trip per list
 * and is idempotent per token: repeating a request that was already carried out changes nothing. Time is the store's own
 * clock; callers only ever see durations.
 *
 * Any promise may reject; that means "unknown", never "no": the request may or may not have been carried out. Only a
 * `LockUnavailableError` that says so (`wasSent: false`) was certainly not.
 */

/**
 * What a token wants of a key. The head of the queue comes in when the weight of all live holders and its own is at most
 * the smallest limit among the holders and itself; as many come in as fit, in order, and nobody overtakes. An exclusive
 * lock has limit 1 and weight 1, a reader limit Infinity and weight 1, one of at most n holders limit n. A holder whose
 * limit is above 1 shares the key: its lease ends by itself, whatever others do, and an ended one is gone. A store may
 * treat every request as exclusive, which is stricter and therefore safe.
 */
export interface LeaseShare {
  /** With how much weight in all the token shares the key: a whole number of at least 1, or Infinity. */
  readonly limit: number;
  /** How much of that it takes itself: a whole number from 1 to `limit`. */
  readonly weight: number;
}

/** Asks for the lease of one key. */
export interface AcquireRequest extends LeaseShare {
  readonly key: string;
  /** Random id of the lease asked for. It begins with the id of the caller's process, see {@link LockStore.listen}. */
  readonly token: string;
  /** Length of the lease in milliseconds. */
  readonly ttl: number;
  /** Join the queue when the key is taken. */
  readonly wait: boolean;
}

/**
 * - `held`: the token holds the lease, from now for the ttl that was asked for. The grant comes with a block of fencing
 *   tokens, `fencingToken` the first: its owner may hand the lease on inside its own process, or share it there, and
 *   give each next holder the next of the block. It has `FENCE_BLOCK` of them where the limit is 1, `SHARED_FENCE_BLOCK`
 *   where it is greater. The same lease always answers the same number, unless it was converted.
 * - `waiting`: the token has a place in the queue, which lives for {@link StoreTiming.placeLife} after each
 *   acquire or touch.
 * - `busy`: another token holds the key, or is ahead in the queue, and the request did not want to wait.
 * - `gone`: the token neither holds nor waits. A token that was released is gone for good.
 * - `unknown`: the store could not carry out this request, though perhaps others of its list.
 *
 * `isInDoubt`: the request was sent more than once, and may be carried out again; the token should be released.
 * `expiresIn`: milliseconds after which the first present holder's lease ends unless it is renewed. `at`: the store's
 * clock, in microseconds, when it answered.
 */
export type StoreAnswer =
  | { readonly state: 'held'; readonly fencingToken: number }
  | { readonly state: 'waiting'; readonly expiresIn: number; readonly at: number }
  | { readonly state: 'busy'; readonly expiresIn: number; readonly at: number; readonly isInDoubt?: boolean }
  | { readonly state: 'gone' }
  | { readonly state: 'unknown'; readonly error: unknown };

/**
 * What became of several requests that are carried out together: every token holds its key, with the fencing token at the
 * same index, or none does that did not before; then `index` says which request could not be granted, and `expiresIn` as
 * in a busy answer.
 */
export type TogetherAnswer =
  | { readonly state: 'held'; readonly fencingTokens: readonly number[] }
  | { readonly state: 'busy'; readonly index: number; readonly expiresIn: number };

/**
 * Asks for another share of a key that the token holds. It is granted as if the token came in beside the other holders,
 * ahead of the queue.
 *
 * - `held`: the token has the new share, for the ttl that was asked for. Where its limit is smaller than before, the
 *   fencing token is a new one; otherwise it is that of the lease as before. Then the queue is looked at.
 * - `waiting`: the token still has its old share, for the ttl, and wants the new one. Nobody comes in from the queue
 *   meanwhile. When it may be granted, the token's process hears of it by a {@link Grant} with the fencing token of the
 *   lease as it is; it has to ask again. A conversion to the share that the token has withdraws the wish.
 * - `busy`: another token wants to be converted already, or `wait` is false and others are in the way. The token still has
 *   its old share, for the ttl that was asked for.
 * - `gone`: the token does not hold the key.
 */
export interface ConvertRequest extends LeaseShare {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
  readonly wait: boolean;
  /** The last fencing token that was given out under the lease; by default the one that it was granted with. */
  readonly fencingToken?: number | undefined;
}

/** Says "I am still here" for a holder or a waiter. */
export interface TouchRequest {
  readonly key: string;
  readonly token: string;
  /** Length in milliseconds of the lease from now on, if the token holds it. */
  readonly ttl: number;
}

/** Takes a token out of the holders or out of the queue, then admits the next waiter. */
export interface ReleaseRequest {
  readonly key: string;
  readonly token: string;
  /**
   * The last fencing token that was given out under the lease. It may be left out where that is the one the lease was
   * granted with, and there is no successor. With it the request is about a lease: a token that only has a place in the
   * queue loses it (a request sent twice may have brought it there), and the answer is `gone`.
   */
  readonly fencingToken?: number | undefined;
  /**
   * Asks for the lease in the same step, for a waiter of the same process: held when the queue is empty, otherwise at its
   * end. Nothing happens to it when `token` did not hold the lease.
   */
  readonly successor?: Successor | undefined;
  /**
   * Told to the process of `token` in the same step, see {@link GrantListener.told}, when the release took a lease from it:
   * somebody else has given it back. A store that can't tell leaves it out.
   */
  readonly notice?: string | undefined;
}

/** The token that takes over by a release. */
export interface Successor extends LeaseShare {
  readonly token: string;
  /** Length of its lease in milliseconds. */
  readonly ttl: number;
}

/**
 * - `released`: the token held the lease, or waited, and no longer does; or this very release was carried out before.
 * - `gone`: the token neither held nor waited when the request arrived. Also the answer to a repeated release once
 *   another token was granted the key, or of a waiter that had left.
 * - `unknown`: the request may have been carried out twice (the connection broke meanwhile), so that `gone` proves
 *   nothing; or the store could not carry it out, and `error` says why.
 *
 * `successor`: what became of the successor that was named, as if it had asked by itself; `gone` where it was not let in.
 * `isInDoubt`: the lease was asked for more than once, and may be taken again; the token should be released again, later.
 */
export interface ReleaseAnswer {
  readonly state: 'released' | 'gone' | 'unknown';
  readonly error?: unknown;
  readonly successor?: StoreAnswer;
  readonly isInDoubt?: boolean;
}

/** A live holder of a key. */
export interface HolderState extends LeaseShare {
  /** Of the lease. It is enough to release it, so it is a secret; {@link fencingToken} is none. */
  readonly token: string;
  /**
   * The fencing token that the lease was granted with; where the lease was handed on inside a process, that of the
   * present holder is greater.
   */
  readonly fencingToken: number;
  /** Milliseconds until its lease ends unless it is renewed. */
  readonly expiresIn: number;
}

/** What a store knows of a key, for people. */
export interface KeyState {
  /** The key. */
  readonly key: string;
  /** The holders, in the order of their grants; empty when the key is free. */
  readonly holders: readonly HolderState[];
  /** Tokens in the queue, next first. */
  readonly waiting: readonly string[];
  /** The last fencing token on record for the key; `null` when there is none. */
  readonly lastFencingToken: number | null;
  /**
   * Something that is not a lock lies where the lock is stored, so the key, or a place in its queue, can't be had.
   * `forceRelease` deletes it.
   */
  readonly foreign?: true;
}

/** A waiter was admitted: it holds the lease, and may begin before it has claimed it. */
export interface Grant {
  readonly token: string;
  readonly fencingToken: number;
  /** Length of the lease in milliseconds: the {@link StoreTiming.claimWindow} of the process that admitted it. */
  readonly ttl: number;
  /** The store's clock when it admitted the waiter, in microseconds; on the same scale as `at` of its answers. */
  readonly at: number;
}

/** Hears of grants to the tokens of one process. What it throws is swallowed. */
export interface GrantListener {
  /** A hint: it may come late, twice, or never. */
  granted(grant: Grant): void;
  /** Grants may have been missed until now: waiters should ask. */
  resumed(): void;
  /** Another process has something to say, see {@link LockStore.tell}. A hint as well; whoever may publish can say it. */
  told?(text: string): void;
  /**
   * The store is known to be out of reach, until it is known to be there again; told only when that changes. Callers that do
   * not want to wait need not ask it meanwhile.
   */
  reachable?(isReachable: boolean): void;
}

/** A key that is held or waited for, in short. */
export interface KeySummary {
  /** The key. */
  readonly key: string;
  /** How many live holders it has. */
  readonly holderCount: number;
  /** One of them, the only one of an exclusive key; `null` when the key is free, or only waited for. */
  readonly holder: HolderState | null;
  /** How many places its queue has; some of them may be those of processes that have died within the last seconds. */
  readonly waitingCount: number;
  /**
   * As {@link KeyState.foreign}, as far as a list looks: at the record, the shares and the signs of life. What else lies
   * beside a record is said by {@link LockStore.inspect}.
   */
  readonly foreign?: true;
}

/** See the head of `lock-store.ts`. */
export interface LockStore {
  /** Makes the store ready, or rejects with the reason why it cannot be. */
  start(): Promise<void>;
  /** Releases every resource the store opened itself; nothing it does not own. Later requests reject. */
  stop(): Promise<void>;
  /** Resolves when the store can serve; rejects, in time, when it can't. */
  ping(): Promise<void>;
  /** Already holding → the same grant again, for the full ttl. Free → held. Taken → `waiting` or `busy`. */
  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]>;
  /**
   * Holder → lease extended. Waiter → its place lives on, or `held` when it may come in. Neither → `gone`. Never
   * `busy`. Lists may be of any length; what fails in one part of a long list is `unknown` for that part only.
   */
  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]>;
  /**
   * A holder's release passes the lease to the first in the queue, for {@link StoreTiming.claimWindow}; without a
   * queue, to the successor.
   */
  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]>;
  /** The state of keys; changes nothing. */
  inspect(keys: readonly string[]): Promise<KeyState[]>;
  /**
   * Deletes what is {@link KeyState.foreign}, and answers whether there was anything. A store that no other program can
   * write to does not need this method.
   */
  repair?(key: string): Promise<boolean>;
  /**
   * Takes all of several keys or none, in one atomic step, for requests that do not want to wait. Undefined where the
   * store does not see these keys together. A store may leave this method out; then keys are taken one after the other.
   */
  acquireTogether?(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> | undefined;
  /** See {@link ConvertRequest}. A store that treats every request as exclusive does not need this method. */
  convert?(request: ConvertRequest): Promise<StoreAnswer>;
  /**
   * Reports grants to tokens that begin with `processId`, from now on; `null` ends that.
   *
   * @param processId - an id of `PROCESS_ID_LENGTH` characters that every token of the listening process begins with.
   */
  listen(processId: string, listener: GrantListener | null): void;
  /**
   * The keys that are held or waited for, in pieces of a bounded size, in no order; what comes and goes meanwhile may be
   * missing. No key comes twice. A piece may be empty: each costs about one request, so that a reader can pace itself.
   *
   * @param match - which keys: a pattern as `SCAN` has it (`*`, `?`, `[ab]`, `\\` in front of what is meant literally).
   */
  list?(match: string): AsyncIterable<readonly KeySummary[]>;
  /**
   * Writes down who a process is, for {@link describe}.
   *
   * @param life - how long that is remembered, in milliseconds.
   */
  introduce?(processId: string, description: string, life: number): Promise<void>;
  /** What processes have written down of themselves; undefined of those that have not, or not for long. */
  describe?(processIds: readonly string[]): Promise<(string | undefined)[]>;
  /** Resolves when a process hears what it is told, as far as that can be known. */
  hear?(processId: string): Promise<void>;
  /**
   * Says something to another process, see {@link GrantListener.told}. False where certainly no process has heard it.
   *
   * @param about - the key that it is about, if any: where the server of that key answers, a word about it should get through.
   */
  tell?(processId: string, text: string, about?: string): Promise<boolean>;
}

/** The protocol's numbers that every store obeys, in milliseconds. Every process that shares keys must use the same. */
export interface StoreTiming {
  /** How long a waiter that was admitted may take to claim its lease, by a touch or an acquire. */
  readonly claimWindow: number;
  /** How long a place in the queue lives without a sign of its waiter: three heartbeats. */
  readonly placeLife: number;
  /** How long the record of a key, with its last fencing token, outlives its last use. */
  readonly retention: number;
}
