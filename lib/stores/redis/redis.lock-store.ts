/**
 * The store that production uses: one Redis (or a Sentinel-managed one, or a cluster), one atomic script per request.
 */
import { LinkedList } from '../../core/linked-list.js';
import { LockOptionsError, LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { INSPECT, printed } from '../../inspection.js';
import type { InspectArguments } from '../../inspection.js';
import { DEFAULT_TIMING, processIdOf } from '../protocol.js';
import type {
  AcquireRequest,
  ConvertRequest,
  GrantListener,
  KeyState,
  KeySummary,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TogetherAnswer,
  TouchRequest,
} from '../lock-store.js';
import { DoubtfulTokens } from './doubtful-tokens.js';
import { CHANNEL_PREFIX, GrantChannel } from './grant-channel.js';
import type { HearingTest } from './grant-channel.js';
import { GrantChannels } from './grant-channels.js';
import { writeText } from './grant-message.js';
import { LeaseCalls } from './lease-calls.js';
import { LeaseEntries } from './lease-entries.js';
import { openClient } from './redis-connection.js';
import type { OpenedClient, RedisClient, RedisConnection } from './redis-client.js';
import { RedisRequests, script } from './redis-requests.js';
import type { Script } from './redis-requests.js';
import { RedisKeyLister } from './redis-key-lister.js';
import { anyAnswers } from './any-answers.js';
import { RedisKeyReader } from './redis-key-reader.js';
import { recordName } from './redis-keys.js';
import { RedisProcesses } from './redis-processes.js';
import { PUBLISH_SCRIPT } from './scripts/publish.js';
import { readTogetherAnswer, togetherScript } from './scripts/together-script.js';
import { readHoldAnswer, readPassAnswer, readReleaseAnswer } from './scripts/replies.js';
import { tellingScript } from './scripts/telling.js';
import { TouchCall } from './touch-call.js';
import { Wishes } from './wishes.js';

/** How a {@link RedisLockStore} is set up; all in milliseconds. */
interface RedisStoreOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly timing?: Partial<StoreTiming>;
  /** Called for what went wrong and was repaired. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** More keys than that are not taken by one script, which would hold up the server's other clients. */
const MOST_TOGETHER = 64;

/** A {@link LockStore} in Redis. */
export class RedisLockStore implements LockStore {
  private readonly opened: OpenedClient;
  private readonly requests: RedisRequests;
  private readonly grants: GrantChannels;
  private readonly calls: LeaseCalls;
  private readonly keys: RedisKeyReader;
  private readonly prefix: string;
  private readonly entries: LeaseEntries;
  private readonly touches = new LinkedList<TouchCall>();

  private readonly doubtful = new DoubtfulTokens();
  private readonly wishes = new Wishes();
  private readonly together: Script;
  private readonly telling: Script;
  private readonly processes: RedisProcesses;
  private readonly lister: RedisKeyLister;
  private readonly timeLimit: number;
  /** Whether each key has to travel by itself. */
  private readonly apart: boolean;
  private isLateTold = true;

  constructor({ connection, prefix, commandTimeout, timing: changed, warn }: RedisStoreOptions) {
    this.prefix = prefix;
    this.opened = openClient(connection, commandTimeout);
    this.requests = new RedisRequests(this.opened, commandTimeout, {
      answeredLate: this.onLate,
      reachable: (isReachable) => this.grants.reachable(isReachable),
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
      (processId, listener) =>
        new GrantChannel(open, processId, timing.claimWindow, listener, test, (token) => this.wishes.has(token)),
    );
    // The keys of a list lie in different slots of a cluster, unless the prefix puts all of them in one.
    this.apart = this.opened.isCluster && !prefix.includes('{');
    this.calls = new LeaseCalls(this.requests, timing, this.apart);
    this.together = script(togetherScript(timing));
    this.telling = script(tellingScript(timing));
    this.processes = new RedisProcesses(this.requests, say, prefix, this.apart, this.opened.isCluster);
    const { opened, requests, apart } = this;
    this.lister = new RedisKeyLister({ opened, requests, timing, prefix, timeLimit: commandTimeout, apart });
    this.timeLimit = commandTimeout;
    this.keys = new RedisKeyReader(this.requests, timing, prefix);
    this.entries = new LeaseEntries(prefix, timing.retention);
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
    const { opened, requests, timeLimit } = this;
    if (opened.isCluster && requests.link.isOpen && (await anyAnswers(opened.masters(), timeLimit))) return;
    await this.calls.ping();
  }

  async stop(): Promise<void> {
    this.grants.close();
    this.requests.dispose();
    this.opened.client.disconnect();
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.calls.ask(requests, this.entries.acquire, this.readAcquired);
  }

  /** @param isWanted - asked before the touch is sent again: tokens may have been released in another thread. */
  async touch(requests: readonly TouchRequest[], isWanted?: () => boolean): Promise<StoreAnswer[]> {
    const call = new TouchCall(requests, isWanted);
    this.touches.push(call);
    try {
      const replies = await this.calls.sendLists(requests.map(this.entries.touch), call.mayRepeat);
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
    const readRelease = (reply: unknown, { key, token, successor }: ReleaseRequest): ReleaseAnswer => {
      const unproven = link.epoch !== epoch;
      const read = successor ? readPassAnswer : readReleaseAnswer;
      const answer = read(reply, key, this.prefix, unproven);
      if (answer.error !== undefined) this.refused(answer.error);
      if (this.wishes.some) this.wishes.delete(token);
      if (answer.successor?.state === 'waiting') this.grants.expect(successor!.token);
      return this.doubtful.take(token) ? { ...answer, isInDoubt: true } : answer;
    };
    if (requests.some(({ notice }) => notice !== undefined)) {
      return Promise.all(requests.map((request) => this.releaseAndTell(request, request.notice, readRelease)));
    }
    return this.calls.ask(requests, this.entries.release, readRelease);
  }

  list(match: string): AsyncIterable<readonly KeySummary[]> {
    return this.lister.list(match);
  }

  introduce(processId: string, description: string, life: number): Promise<void> {
    this.grants.open(processId);
    return this.processes.introduce(processId, description, life);
  }

  describe(processIds: readonly string[]): Promise<(string | undefined)[]> {
    return this.processes.describe(processIds);
  }

  hear(processId: string): Promise<void> {
    return this.grants.hear(processId, this.timeLimit);
  }

  tell(processId: string, text: string, about?: string): Promise<boolean> {
    return this.processes.tell(processId, text, about === undefined ? [] : [recordName(this.prefix, about)]);
  }

  acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> | undefined {
    if (this.apart || requests.length > MOST_TOGETHER) return undefined;
    return this.takeTogether(requests);
  }

  async convert(request: ConvertRequest): Promise<StoreAnswer> {
    const { key, token, ttl, wait } = request;
    if (wait) this.wishes.add(token, ttl);
    const [answer] = await this.calls.ask([request], this.entries.convert, (reply) => this.readHeld(reply, key));
    if (answer!.state === 'waiting') this.grants.expect(token);
    else if (answer!.state === 'held' || answer!.state === 'gone') this.wishes.delete(token);
    return answer!;
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

  private async takeTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
    if (requests.length === 0) return { state: 'held', fencingTokens: [] };
    const questions = requests.map((request) => this.entries.ask(request).words).join('');
    const reply = await this.calls.sendWhole(this.together, requests.map(this.entries.acquire), questions);
    const answer = readTogetherAnswer(reply, requests, this.prefix);
    // What was sent twice may be carried out once more; so the tokens have to be given back.
    const isInDoubt = requests.some(({ token }) => this.doubtful.has(token));
    if (answer.state === 'busy' && isInDoubt) throw new LockUnavailableError(messages.broken());
    return answer;
  }

  private async releaseAndTell(
    request: ReleaseRequest,
    notice: string | undefined,
    read: (reply: unknown, request: ReleaseRequest) => ReleaseAnswer,
  ): Promise<ReleaseAnswer> {
    const send = (): Promise<unknown> => {
      const entry = this.entries.release(request);
      if (notice === undefined) return this.calls.sendLists([entry]).then(([reply]) => reply);
      const channel = CHANNEL_PREFIX + processIdOf(request.token);
      return this.calls.sendTelling(this.telling, entry, [channel, writeText(notice)]);
    };
    // Each of a list fails alone.
    return read(await send().catch((error: unknown) => error), request);
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
