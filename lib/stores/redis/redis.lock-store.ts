/**
 * The store that production uses: one Redis (or a Sentinel-managed one, or a cluster), one atomic script per request.
 */
import { LinkedList } from '../../linked-list.js';
import { LockOptionsError, LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { INSPECT, printed } from '../../inspection.js';
import type { InspectArguments } from '../../inspection.js';
import { DEFAULT_TIMING, newProcessId } from '../lock-store.js';
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
import { GroupCommit } from './group-commit.js';
import type { Recipient } from './group-commit.js';
import { openClient } from './redis-connection.js';
import type { OpenedClient, RedisConnection } from './redis-connection.js';
import { recordName } from './redis-keys.js';
import { RedisRequests, script } from './redis-requests.js';
import type { Script, ScriptCall } from './redis-requests.js';
import { inspectScript, PIECE, readKeyPiece } from './scripts/inspect.js';
import { leaseArguments, leaseReplies, leaseScript, leaseWords } from './scripts/lease-script.js';
import type { LeaseEntry } from './scripts/lease-script.js';
import { Mode } from './scripts/mode.js';
import { PUBLISH_SCRIPT } from './scripts/publish.js';
import { passDetail } from './scripts/release.js';
import { repairScript } from './scripts/repair.js';
import { readHoldAnswer, readPassAnswer, readReleaseAnswer } from './scripts/replies.js';
import { TouchCall } from './touch-call.js';

/** How a {@link RedisLockStore} is set up; all in milliseconds. */
export interface RedisStoreOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly timing?: Partial<StoreTiming>;
  /** Told about what went wrong and was made good. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** A request on its way, and who waits for its reply. */
interface Entry extends LeaseEntry, Recipient {}

/** Larger calls would hold up the server's other clients; smaller ones would cost more of them. */
const LONGEST_LIST = 64;
const GROUP = 16;

/** Keeps leases in Redis. */
export class RedisLockStore implements LockStore {
  readonly name = 'redis';
  readonly processId = newProcessId();
  readonly maxListLength: number;

  private readonly opened: OpenedClient;
  private readonly requests: RedisRequests;
  private readonly grants: GrantChannel;
  private readonly commit: GroupCommit<Entry>;
  private readonly prefix: string;
  private readonly retention: number;
  private readonly change: Script;
  private readonly look: Script;
  private readonly mend: Script;
  private listener: GrantListener | null = null;
  private readonly touches = new LinkedList<TouchCall>();

  private readonly doubtful = new DoubtfulTokens();
  private isLateTold = true;

  constructor({ connection, prefix, commandTimeout, timing: changed, warn }: RedisStoreOptions) {
    this.prefix = prefix;
    this.opened = openClient(connection, commandTimeout);
    // The keys of a list lie in different slots of a cluster, unless the prefix puts all of them in one.
    const apart = this.opened.isCluster && !prefix.includes('{');
    this.maxListLength = apart ? 1 : LONGEST_LIST;
    this.requests = new RedisRequests(this.opened, commandTimeout, {
      answeredLate: this.onLate,
      repeated: ({ keyCount, words }) => this.doubtful.add(words[keyCount] ?? ''),
    });
    const timing = { ...DEFAULT_TIMING, ...changed };
    const say = script(PUBLISH_SCRIPT);
    const listener: GrantListener = {
      granted: (grant) => this.listener?.granted(grant),
      resumed: () => this.listener?.resumed(),
    };
    this.grants = new GrantChannel(() => this.opened.openSubscriber(), this.processId, timing.claimWindow, listener, {
      publish: (...words) => this.requests.run({ script: say, keyCount: 0, words }),
      foundDeaf: () => warn?.(messages.deafSubscription()),
    });
    this.commit = new GroupCommit((group) => this.requests.send(this.call(group.entries), group), apart ? 1 : GROUP);
    this.retention = timing.retention;
    this.change = script(leaseScript(timing));
    this.look = script(inspectScript(timing));
    this.mend = script(repairScript());
  }

  /** What loggers show: nothing of the connection. */
  toJSON(): Record<string, unknown> {
    const { name, prefix, opened } = this;
    return { name, prefix, status: opened.client.status };
  }

  [INSPECT](...args: InspectArguments): string {
    return printed('RedisLockStore', this.toJSON(), ...args);
  }

  async start(): Promise<void> {
    // An empty list costs nothing, proves the connection and leaves the script in the server's cache.
    let reply: unknown;
    try {
      reply = await this.requests.run({ script: this.change, keyCount: 0, words: [''] });
    } catch (error) {
      const { wrongDatabase: cause } = this.requests.link;
      throw cause ? new LockOptionsError(messages.noDatabase(cause), { cause }) : error;
    }
    if (!Array.isArray(reply) || reply.length > 0) throw new LockUnavailableError(messages.oddReply(reply));
  }

  async stop(): Promise<void> {
    this.listener = null;
    this.grants.close();
    this.requests.dispose();
    this.opened.client.disconnect();
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.ask(requests, this.acquireEntry, this.readAcquired);
  }

  async touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    const call = new TouchCall(requests);
    this.touches.push(call);
    try {
      const replies = await this.sendLists(requests.map(this.touchEntry), call.mayRepeat);
      const answers = replies.map((reply, i) => this.readHeld(reply, requests[i]!.key));
      if (answers.some(({ state }) => state === 'waiting')) this.grants.open();
      return answers;
    } finally {
      this.touches.remove(call);
    }
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    const { epoch } = this.requests;
    for (let touch = this.touches.first; touch; touch = touch.behind) touch.overtake(requests);
    return this.ask(requests, this.releaseEntry, (reply, { key, token, successor }) => {
      const unproven = this.requests.epoch !== epoch;
      const read = successor ? readPassAnswer : readReleaseAnswer;
      const answer = read(reply, key, this.prefix, unproven);
      if (answer.error !== undefined) this.refused(answer.error);
      if (answer.successor?.state === 'waiting') this.grants.open();
      return this.doubtful.take(token) ? { ...answer, isInDoubt: true } : answer;
    });
  }

  inspect(keys: readonly string[]): Promise<KeyState[]> {
    return Promise.all(keys.map((key) => this.inspectKey(key)));
  }

  async repair(key: string): Promise<boolean> {
    const words = [recordName(this.prefix, key)];
    const reply = await this.requests.run({ script: this.mend, keyCount: 1, words });
    if (typeof reply !== 'number' && typeof reply !== 'string') {
      throw new LockUnavailableError(messages.oddReply(reply), { key });
    }
    return Number(reply) > 0;
  }

  listen(listener: GrantListener | null): void {
    this.listener = listener;
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

  /** Whatever was carried out late is found by those who ask again. */
  private readonly onLate = (): void => {
    if (!this.isLateTold) return;
    this.isLateTold = false;
    setImmediate(() => {
      this.isLateTold = true;
      this.listener?.resumed();
    });
  };

  private readonly readAcquired = (reply: unknown, { key, token }: AcquireRequest): StoreAnswer => {
    const answer = this.readHeld(reply, key);
    if (answer.state === 'busy' && this.doubtful.take(token)) return { ...answer, isInDoubt: true };
    if (answer.state === 'waiting') this.grants.open();
    return answer;
  };

  private readHeld(reply: unknown, key: string): StoreAnswer {
    const answer = readHoldAnswer(reply, key, this.prefix);
    if (answer.state === 'unknown') this.refused(answer.error);
    return answer;
  }

  /** An entry was refused by itself; that may say something about the connection. */
  private refused(error: unknown): void {
    this.requests.link.noticed((error as Partial<Error>).cause);
  }

  /** Reads a long line piece by piece. What moves meanwhile is shown once. */
  private async inspectKey(key: string): Promise<KeyState> {
    let whole: KeyState | undefined;
    for (let from = 0; ; from += PIECE) {
      const words = [recordName(this.prefix, key), String(from)];
      const reply = await this.requests.run({ script: this.look, keyCount: 1, words });
      const piece = readKeyPiece(key, reply);
      if (!piece) throw new LockUnavailableError(messages.oddReply(reply), { key });
      whole = whole ? { ...whole, waiting: [...whole.waiting, ...piece.state.waiting] } : piece.state;
      if (piece.looked < PIECE) return from === 0 ? whole : { ...whole, waiting: [...new Set(whole.waiting)] };
    }
  }

  /** A single request travels with those of others, a list by itself; nearly all are single ones. */
  private ask<Request, Answer>(
    requests: readonly Request[],
    write: (request: Request) => LeaseEntry,
    read: (reply: unknown, request: Request) => Answer,
  ): Promise<Answer[]> {
    if (requests.length === 1) {
      const request = requests[0]!;
      return new Promise((resolve, fail) => {
        const { record, words } = write(request);
        const succeed = (reply: unknown): void => resolve([read(reply, request)]);
        this.commit.add({ record, words, succeed, fail });
      });
    }
    this.commit.flush();
    const replies = this.sendLists(requests.map(write));
    return replies.then((each) => each.map((reply, i) => read(reply, requests[i]!)));
  }

  /** A list in as many calls as it takes. */
  private async sendLists(entries: readonly LeaseEntry[], mayRepeat?: () => boolean): Promise<readonly unknown[]> {
    if (entries.length <= this.maxListLength) {
      return leaseReplies(await this.requests.run(this.call(entries, mayRepeat)), entries.length);
    }
    const lists: Promise<readonly unknown[]>[] = [];
    for (let i = 0; i < entries.length; i += this.maxListLength) {
      lists.push(this.sendLists(entries.slice(i, i + this.maxListLength), mayRepeat));
    }
    return (await Promise.all(lists)).flat();
  }

  private call(entries: readonly LeaseEntry[], mayRepeat?: () => boolean): ScriptCall {
    return { script: this.change, keyCount: entries.length, words: leaseArguments(entries), mayRepeat };
  }
}
