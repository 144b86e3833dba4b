/**
 * The store that production uses: one Redis (or a Sentinel-managed one, or a cluster), one atomic script per request.
 */
import { DEFAULT_TIMING, newProcessId, WAITER_HEARTBEAT } from '../lock-store.js';
import type {
  AcquireRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TouchRequest,
} from '../lock-store.js';
import { GrantChannel } from './grant-channel.js';
import { openClient, openSubscriber } from './redis-connection.js';
import type { OpenedClient, RedisConnection } from './redis-connection.js';
import { recordName } from './redis-keys.js';
import { RedisRequests, script } from './redis-requests.js';
import type { Script, ScriptCall } from './redis-requests.js';
import { HoldMode, holdScript, readHoldAnswer } from './scripts/hold.js';
import { inspectScript, readKeyState } from './scripts/inspect.js';
import { releaseScript } from './scripts/release.js';

/** How a {@link RedisLockStore} is set up; all in milliseconds. */
export interface RedisStoreOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly timing?: Partial<StoreTiming>;
}

type Limits = Pick<ScriptCall, 'timeLimit' | 'mayRepeat'>;

/** Keeps leases in Redis. */
export class RedisLockStore implements LockStore {
  readonly name = 'redis';
  readonly processId = newProcessId();
  readonly maxListLength: number;

  private readonly opened: OpenedClient;
  private readonly requests: RedisRequests;
  private readonly grants: GrantChannel;
  private readonly prefix: string;
  private readonly timeLimit: number;
  private readonly retention: number;
  private readonly hold: Script;
  private readonly drop: Script;
  private readonly look: Script;
  private listener: GrantListener | null = null;
  /** Touches under way, and the tokens that were released since the first of them was sent. */
  private touching = 0;
  private readonly releasedMeanwhile = new Set<string>();

  constructor(options: RedisStoreOptions) {
    this.prefix = options.prefix;
    this.timeLimit = options.commandTimeout;
    this.opened = openClient(options.connection, options.commandTimeout);
    // The entries of a list go to several servers of a cluster, and the slowest would hold up the others.
    this.maxListLength = this.opened.isCluster ? 1 : 100;
    this.requests = new RedisRequests(this.opened, options.commandTimeout);
    this.grants = new GrantChannel(
      () => openSubscriber(this.opened),
      this.processId,
      (token) => this.report(token),
    );
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.retention = timing.retention;
    this.hold = script(holdScript(timing));
    this.drop = script(releaseScript(timing));
    this.look = script(inspectScript(timing));
  }

  async start(): Promise<void> {
    // An empty list costs nothing, proves the connection and leaves the scripts in the server's cache.
    await Promise.all(
      [this.hold, this.drop].map((each) => this.requests.run({ script: each, keyCount: 0, words: [] })),
    );
  }

  async stop(): Promise<void> {
    this.listener = null;
    this.grants.close();
    this.requests.dispose();
    if (this.opened.owned) this.opened.client.disconnect();
  }

  acquire(requests: readonly AcquireRequest[], within = Infinity): Promise<StoreAnswer[]> {
    const timeLimit = Math.min(within, this.timeLimit);
    if (this.grants.isOpen || !requests.some(({ wait }) => wait))
      return this.holdAll(requests, acquireMode, { timeLimit });
    return this.acquireThenListen(requests, within);
  }

  async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    this.touching += 1;
    // A touch that has to be sent a second time must not arrive behind the release of its token.
    const mayRepeat = (): boolean => !requests.some(({ token }) => this.releasedMeanwhile.has(token));
    try {
      return await this.holdAll(requests, () => HoldMode.touch, { mayRepeat });
    } finally {
      this.touching -= 1;
      if (this.touching === 0) this.releasedMeanwhile.clear();
    }
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    const { epoch } = this.requests;
    if (this.touching > 0) for (const { token } of requests) this.releasedMeanwhile.add(token);
    return this.runAll(this.drop, requests, ({ token }, words) => words.push(token)).then((answers) => {
      const gone = this.requests.epoch === epoch ? 'gone' : 'unknown';
      return answers.map((answer) => (Number(answer) === 1 ? 'released' : gone));
    });
  }

  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    const answers = await this.runAll(
      this.look,
      keys.map((key) => ({ key })),
      () => undefined,
    );
    return answers.map((answer, i) => readKeyState(keys[i]!, answer as [unknown, unknown, string]));
  }

  onGrant(listener: GrantListener | null): void {
    this.listener = listener;
  }

  private report(token: string): void {
    try {
      this.listener?.(token);
    } catch {
      // Thrown into ioredis's parser it would break the connection; a hint that is not heard is only a hint lost.
    }
  }

  /** Joining a line before grants can be heard would cost a heartbeat, so: try, subscribe, then join. */
  private async acquireThenListen(requests: readonly AcquireRequest[], within: number): Promise<StoreAnswer[]> {
    const start = performance.now();
    const timeLimit = Math.min(within, this.timeLimit);
    const answers = await this.holdAll(requests, () => HoldMode.try, { timeLimit });
    const busy = requests.filter(({ wait }, i) => wait && answers[i]!.state === 'busy');
    if (busy.length === 0) return answers;
    const timeLeft = (): number => start + within - performance.now();
    await this.grants.open(timeLeft());
    if (timeLeft() <= 0) return answers;
    // The server has answered before: what is left of a short wait should not make it look out of reach.
    const patience = Math.min(Math.max(timeLeft(), WAITER_HEARTBEAT), this.timeLimit);
    const joined = await this.holdAll(busy, acquireMode, { timeLimit: patience });
    return answers.map((answer, i) => (busy.includes(requests[i]!) ? joined.shift()! : answer));
  }

  private holdAll<Request extends TouchRequest>(
    requests: readonly Request[],
    mode: (request: Request) => string,
    limits?: Limits,
  ): Promise<StoreAnswer[]> {
    const addArgs = (request: Request, words: string[]): unknown =>
      words.push(request.token, String(request.ttl + this.retention), mode(request));
    return this.runAll(this.hold, requests, addArgs, limits).then((answers) =>
      answers.map((answer) => readHoldAnswer(Number(answer))),
    );
  }

  /** One script for the whole list; in a cluster, where the keys of a list lie in different slots, one for each entry. */
  private runAll<Request extends { readonly key: string }>(
    script: Script,
    requests: readonly Request[],
    addArgs: (request: Request, words: string[]) => void,
    limits?: Limits,
  ): Promise<unknown[]> {
    if (this.opened.isCluster && requests.length > 1) {
      return Promise.all(requests.map((request) => this.runAll(script, [request], addArgs, limits))).then((all) =>
        all.flat(1),
      );
    }
    if (requests.length === 0) return Promise.resolve([]);
    const words = requests.map(({ key }) => recordName(this.prefix, key));
    for (const request of requests) addArgs(request, words);
    return this.requests.run({ script, keyCount: requests.length, words, ...limits }) as Promise<unknown[]>;
  }
}

function acquireMode({ wait }: AcquireRequest): string {
  return wait ? HoldMode.wait : HoldMode.try;
}
