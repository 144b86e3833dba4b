/**
 * The store that production uses: one Redis (or a Sentinel-managed one, or a cluster), one atomic script per request.
 */
import { LinkedList } from '../../core/linked-list.js';
import { LockOptionsError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { INSPECT, printed } from '../../inspection.js';
import type { InspectArguments } from '../../inspection.js';
import { DEFAULT_TIMING } from '../protocol.js';
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
import { DoubtfulTokens } from './doubtful-tokens.js';
import { GrantChannel } from './grant-channel.js';
import type { HearingTest } from './grant-channel.js';
import { GrantChannels } from './grant-channels.js';
import { LeaseCalls } from './lease-calls.js';
import { openClient } from './redis-connection.js';
import type { OpenedClient, RedisClient, RedisConnection } from './redis-client.js';
import { recordName } from './redis-keys.js';
import { RedisRequests, script } from './redis-requests.js';
import { RedisKeyReader } from './redis-key-reader.js';
import { leaseWords } from './scripts/lease-script.js';
import type { LeaseEntry } from './scripts/lease-script.js';
import { Mode } from './scripts/mode.js';
import { PUBLISH_SCRIPT } from './scripts/publish.js';
import { passDetail } from './scripts/release.js';
import { readHoldAnswer, readPassAnswer, readReleaseAnswer } from './scripts/replies.js';
import { TouchCall } from './touch-call.js';

/** How a {@link RedisLockStore} is set up; all in milliseconds. */
interface RedisStoreOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly timing?: Partial<StoreTiming>;
  /** Called for what went wrong and was repaired. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** A {@link LockStore} in Redis. */
export class RedisLockStore implements LockStore {
  private readonly opened: OpenedClient;
  private readonly requests: RedisRequests;
  private readonly grants: GrantChannels;
  private readonly calls: LeaseCalls;
  private readonly keys: RedisKeyReader;
  private readonly prefix: string;
  private readonly retention: number;
  private readonly touches = new LinkedList<TouchCall>();

  private readonly doubtful = new DoubtfulTokens();
  private isLateTold = true;

  constructor({ connection, prefix, commandTimeout, timing: changed, warn }: RedisStoreOptions) {
    this.prefix = prefix;
    this.opened = openClient(connection, commandTimeout);
    this.requests = new RedisRequests(this.opened, commandTimeout, {
      answeredLate: this.onLate,
      repeated: ({ keyCount, words }) => this.doubtful.add(words[keyCount] ?? ''),
    });
    const timing = { ...DEFAULT_TIMING, ...changed };
    const say = script(PUBLISH_SCRIPT);
    const open = (): RedisClient => this.opened.openSubscriber();
    const test: HearingTest = {
      publish: (...words) => this.requests.run({ script: say, keyCount: 0, words }),
      foundDeaf: () => warn?.(messages.deafSubscription()),
    };
    this.grants = new GrantChannels(
      (processId, listener) => new GrantChannel(open, processId, timing.claimWindow, listener, test),
    );
    // The keys of a list lie in different slots of a cluster, unless the prefix puts all of them in one.
    const apart = this.opened.isCluster && !prefix.includes('{');
    this.calls = new LeaseCalls(this.requests, timing, apart);
    this.keys = new RedisKeyReader(this.requests, timing, prefix);
    this.retention = timing.retention;
  }

  /** What loggers show: nothing of the connection. */
  toJSON(): Record<string, unknown> {
    const { prefix, opened } = this;
    return { prefix, status: opened.client.status };
  }

  [INSPECT](...args: InspectArguments): string {
    return printed('RedisLockStore', this.toJSON(), ...args);
  }

  async start(): Promise<void> {
    try {
      await this.ping();
    } catch (error) {
      const { wrongDatabase: cause } = this.requests.link;
      throw cause ? new LockOptionsError(messages.noDatabase(cause), { cause }) : error;
    }
  }

  async ping(): Promise<void> {
    await this.calls.ping();
  }

  async stop(): Promise<void> {
    this.grants.close();
    this.requests.dispose();
    this.opened.client.disconnect();
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.calls.ask(requests, this.acquireEntry, this.readAcquired);
  }

  async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    const call = new TouchCall(requests);
    this.touches.push(call);
    try {
      const replies = await this.calls.sendLists(requests.map(this.touchEntry), call.mayRepeat);
      const answers = replies.map((reply, i) => this.readHeld(reply, requests[i]!.key));
      const waiting = answers.findIndex(({ state }) => state === 'waiting');
      if (waiting >= 0) this.grants.expect(requests[waiting]!.token);
      return answers;
    } finally {
      this.touches.remove(call);
    }
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    const { link } = this.requests;
    const { epoch } = link;
    for (let touch = this.touches.first; touch; touch = touch.behind) touch.overtake(requests);
    return this.calls.ask(requests, this.releaseEntry, (reply, { key, token, successor }) => {
      const unproven = link.epoch !== epoch;
      const read = successor ? readPassAnswer : readReleaseAnswer;
      const answer = read(reply, key, this.prefix, unproven);
      if (answer.error !== undefined) this.refused(answer.error);
      if (answer.successor?.state === 'waiting') this.grants.expect(successor!.token);
      return this.doubtful.take(token) ? { ...answer, isInDoubt: true } : answer;
    });
  }

  inspect(keys: readonly string[]): Promise<KeyState[]> {
    return Promise.all(keys.map((key) => this.keys.inspect(key)));
  }

  repair(key: string): Promise<boolean> {
    return this.keys.repair(key);
  }

  listen(processId: string, listener: GrantListener | null): void {
    this.grants.listen(processId, listener);
  }

  private readonly acquireEntry = ({ key, token, ttl, wait }: AcquireRequest): LeaseEntry =>
    this.entry(key, token, (wait ? Mode.wait : Mode.try) + String(ttl + this.retention));

  private readonly touchEntry = ({ key, token, ttl }: TouchRequest): LeaseEntry =>
    this.entry(key, token, Mode.touch + String(ttl + this.retention));

  private readonly releaseEntry = (request: ReleaseRequest): LeaseEntry => {
    const { key, token, fencingToken } = request;
    const detail = fencingToken === undefined ? Mode.release : passDetail(fencingToken, request, this.retention);
    return this.entry(key, token, detail);
  };

  private entry(key: string, token: string, detail: string): LeaseEntry {
    return { record: recordName(this.prefix, key), words: leaseWords(token, detail) };
  }

  /** Something was carried out late: waiters find it by asking again. */
  private readonly onLate = (): void => {
    if (!this.isLateTold) return;
    this.isLateTold = false;
    setImmediate(() => {
      this.isLateTold = true;
      this.grants.resumed();
    });
  };

  private readonly readAcquired = (reply: unknown, { key, token }: AcquireRequest): StoreAnswer => {
    const answer = this.readHeld(reply, key);
    if (answer.state === 'busy' && this.doubtful.take(token)) return { ...answer, isInDoubt: true };
    if (answer.state === 'waiting') this.grants.expect(token);
    return answer;
  };

  private readHeld(reply: unknown, key: string): StoreAnswer {
    const answer = readHoldAnswer(reply, key, this.prefix);
    if (answer.state === 'unknown') this.refused(answer.error);
    return answer;
  }

  /** One entry of a call was refused; that may say something about the connection. */
  private refused(error: unknown): void {
    this.requests.link.noticed((error as Partial<Error>).cause);
  }
}
