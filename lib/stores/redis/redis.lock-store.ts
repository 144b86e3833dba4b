/**
 * The store that production uses: one Redis (or a Sentinel-managed one, or a cluster), one atomic script per request.
 */
import { randomBytes } from 'node:crypto';
import { DEFAULT_TIMING } from '../lock-store.js';
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
import { GrantChannel, PROCESS_ID_LENGTH } from './grant-channel.js';
import { openClient, openSubscriber } from './redis-connection.js';
import type { OpenedClient, RedisConnection } from './redis-connection.js';
import { redisKeys } from './redis-keys.js';
import { RedisRequests, script } from './redis-requests.js';
import type { Script } from './redis-requests.js';
import { HOLD, HoldMode, readHoldAnswer } from './scripts/hold.js';
import { INSPECT, readKeyState } from './scripts/inspect.js';
import { prelude } from './scripts/prelude.js';
import { RELEASE } from './scripts/release.js';

/** How a {@link RedisLockStore} is set up; all in milliseconds. */
export interface RedisStoreOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly timing?: Partial<StoreTiming>;
}

/** Keeps leases in Redis. */
export class RedisLockStore implements LockStore {
  readonly name = 'redis';
  readonly processId = randomBytes(8).toString('base64url').slice(0, PROCESS_ID_LENGTH);

  private readonly opened: OpenedClient;
  private readonly requests: RedisRequests;
  private readonly grants: GrantChannel;
  private readonly prefix: string;
  private readonly timeLimit: number;
  private readonly hold: Script;
  private readonly drop: Script;
  private readonly look: Script;
  private listener: GrantListener | null = null;

  constructor(options: RedisStoreOptions) {
    this.prefix = options.prefix;
    this.timeLimit = options.commandTimeout;
    this.opened = openClient(options.connection);
    this.requests = new RedisRequests(this.opened, options.commandTimeout);
    this.grants = new GrantChannel(
      () => openSubscriber(this.opened),
      this.processId,
      (token) => this.listener?.(token),
    );
    const head = prelude({ ...DEFAULT_TIMING, ...options.timing });
    this.hold = script(head + HOLD);
    this.drop = script(head + RELEASE);
    this.look = script(head + INSPECT);
  }

  async start(): Promise<void> {
    // An empty list costs nothing, proves the connection and leaves the scripts in the server's cache.
    await Promise.all([this.hold, this.drop].map((each) => this.requests.run(each, [], [])));
  }

  async stop(): Promise<void> {
    this.listener = null;
    this.grants.close();
    this.requests.dispose();
    if (this.opened.owned) this.opened.client.disconnect();
  }

  async acquire(requests: readonly AcquireRequest[], within = Infinity): Promise<StoreAnswer[]> {
    const timeLimit = Math.min(within, this.timeLimit);
    if (this.grants.isOpen || !requests.some(({ wait }) => wait)) return this.holdAll(requests, acquireMode, timeLimit);
    // Joining a line before grants can be heard would cost a heartbeat, so: try, subscribe, then join.
    const start = performance.now();
    const answers = await this.holdAll(requests, () => HoldMode.try, timeLimit);
    const busy = requests.filter(({ wait }, i) => wait && answers[i]!.state === 'busy');
    if (busy.length === 0) return answers;
    const timeLeft = (): number => Math.max(0, start + timeLimit - performance.now());
    await this.grants.open(timeLeft());
    const joined = await this.holdAll(busy, acquireMode, timeLeft());
    return answers.map((answer, i) => (busy.includes(requests[i]!) ? joined.shift()! : answer));
  }

  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.holdAll(requests, () => HoldMode.touch);
  }

  async release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    const { epoch } = this.requests;
    const answers = await this.runAll(this.drop, requests, ({ token }) => [token]);
    const gone = this.requests.epoch === epoch ? 'gone' : 'unknown';
    return answers.map((answer) => (Number(answer) === 1 ? 'released' : gone));
  }

  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    const answers = await this.runAll(
      this.look,
      keys.map((key) => ({ key })),
      () => [],
    );
    return answers.map((answer, i) => readKeyState(keys[i]!, answer as [number, number, string]));
  }

  onGrant(listener: GrantListener | null): void {
    this.listener = listener;
  }

  private async holdAll<Request extends TouchRequest>(
    requests: readonly Request[],
    mode: (request: Request) => string,
    timeLimit?: number,
  ): Promise<StoreAnswer[]> {
    const args = (request: Request): string[] => [request.token, String(request.ttl), mode(request)];
    const answers = await this.runAll(this.hold, requests, args, timeLimit);
    return answers.map((answer) => readHoldAnswer(Number(answer)));
  }

  /** One script for the whole list; in a cluster, where the keys of a list lie in different slots, one for each entry. */
  private async runAll<Request extends { readonly key: string }>(
    script: Script,
    requests: readonly Request[],
    args: (request: Request) => readonly string[],
    timeLimit?: number,
  ): Promise<readonly unknown[]> {
    if (this.opened.isCluster && requests.length > 1) {
      return (await Promise.all(requests.map((request) => this.runAll(script, [request], args, timeLimit)))).flat(1);
    }
    if (requests.length === 0) return [];
    const keys = requests.flatMap(({ key }) => redisKeys(this.prefix, key));
    return (await this.requests.run(script, keys, requests.flatMap(args), timeLimit)) as unknown[];
  }
}

function acquireMode({ wait }: AcquireRequest): string {
  return wait ? HoldMode.wait : HoldMode.try;
}
