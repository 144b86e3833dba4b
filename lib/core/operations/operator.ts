/**
 * What people on duty ask of the store and of other processes: is it well, which keys are held, by which process, and what has
 * it to say; and how a key is taken away. Nothing here is on the way of a lock.
 */
import { isLockError, LockOptionsError, LockUnavailableError } from '../../lock.errors.js';
import type { LockError } from '../../lock.errors.js';
import type {
  ForceReleaseOptions,
  HolderInspection,
  InspectOptions,
  KeyInspection,
  KeyOverview,
  ListOptions,
  PingOptions,
  ProcessInfo,
  WaiterInspection,
} from '../../lock.operations.js';
import { messages } from '../../lock.messages.js';
import { checkOptionNames, optionNames } from '../../option-names.js';
import type { KeyState, KeySummary, LockStore } from '../../stores/lock-store.js';
import { processIdOf } from '../../stores/protocol.js';
import type { LockEventEmitter } from '../event-emitter.js';
import { forceRelease } from './force-release.js';
import type { LeaseRequests } from '../lease/lease-requests.js';
import type { KeyQueues } from '../queue/key-queues.js';
import { readBoolean, readDuration } from '../settings.js';
import { asLockError } from '../store-failure.js';
import { inTime } from '../in-time.js';
import { reportOf } from './key-report.js';
import { TakenAway } from './taken-away.js';
import { markOf } from './letters.js';
import type { KeyReport } from './letters.js';
import { readDescription } from './process-description.js';
import { Correspondence } from './correspondence.js';

/** How many waiters are looked up and asked. */
const MOST_WAITERS = 32;
/** No timer waits for longer. */
const LONGEST = 2_147_483_647;
const [LONGEST_REASON, LONGEST_NAME] = [500, 100];

const PING_OPTIONS = optionNames<PingOptions>({ timeout: true });
const LIST_OPTIONS = optionNames<ListOptions>({ match: true, limit: true });
const INSPECT_OPTIONS = optionNames<InspectOptions>({ ask: true, timeout: true });
const FORCE_OPTIONS = optionNames<ForceReleaseOptions>({ reason: true, by: true });

/** What an operator works with. */
interface OperatorTools {
  readonly store: LockStore;
  readonly requests: LeaseRequests;
  readonly queues: KeyQueues;
  readonly events: LockEventEmitter;
  readonly processId: string;
  /** Writes to the log, unless that is silenced. */
  readonly say: (message: string) => void;
}

export class Operator {
  private readonly correspondence: Correspondence;
  private readonly takenAway: TakenAway;

  constructor(private readonly tools: OperatorTools) {
    const { store, requests, queues, events, processId } = tools;
    const takenAway = new TakenAway({ store, queues, events });
    this.takenAway = takenAway;
    this.correspondence = new Correspondence({
      store,
      processId,
      outside: events.outside,
      report: (key) => reportOf(queues.membersOf(key)),
      forced: (notice) => takenAway.told(notice),
    });
    requests.onTold = (text) => this.correspondence.told(text);
  }

  /** See `LockService.ping`. */
  async ping(options: PingOptions): Promise<number> {
    checkOptionNames(options, PING_OPTIONS, 'ping()');
    const timeout = readDuration('timeout', options.timeout ?? '1s', { min: 1, max: LONGEST });
    const askedAt = performance.now();
    const answered = await inTime(this.tools.store.ping(), timeout, this.tools.events.outside).catch(pingFailed);
    if (!answered) throw new LockUnavailableError(messages.noPing(timeout));
    return performance.now() - askedAt;
  }

  /** See `LockService.list`. */
  list(options: ListOptions): AsyncIterable<KeyOverview> {
    checkOptionNames(options, LIST_OPTIONS, 'list()');
    const { match = '*', limit = Infinity } = options;
    if (typeof match !== 'string' || match === '') {
      throw new LockOptionsError(messages.option('match', match, "a pattern such as 'order:*'"));
    }
    if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 1)) {
      throw new LockOptionsError(messages.option('limit', limit, 'a whole number of at least 1'));
    }
    return this.overviews(match, limit);
  }

  /**
   * See `LockService.inspect`.
   *
   * @param choose - of the processes that have the key or wait for it, without this one, those that are asked; each of them
   *   costs a request.
   */
  async inspect(
    key: string,
    options: InspectOptions,
    choose: (others: readonly string[], state: KeyState) => readonly string[] = (others) => others,
  ): Promise<KeyInspection> {
    checkOptionNames(options, INSPECT_OPTIONS, 'inspect()');
    const ask = readBoolean('ask', options.ask, true);
    const timeout = readDuration('timeout', options.timeout ?? '500ms', { min: 1, max: LONGEST });
    const { correspondence } = this;
    const { store, processId } = this.tools;
    try {
      const [state] = await store.inspect([key]);
      const { holders, waiting } = state!;
      const tokens = [...holders.map(({ token }) => token), ...waiting.slice(0, MOST_WAITERS)];
      const ids = [...new Set(tokens.map(processIdOf))];
      const isOwn = (id: string): boolean => id === processId;
      const others = ids.filter((id) => !isOwn(id));
      const asked = ask ? [...ids.filter(isOwn), ...choose(others, state!)] : [];
      const [processes, reports] = await Promise.all([
        this.known(ids, timeout),
        correspondence.ask(asked, key, timeout),
      ]);
      const inspected = holders.map((holder): HolderInspection => {
        const id = processIdOf(holder.token);
        const own = reports.get(id)?.holders.filter(({ lease }) => lease === markOf(holder.token));
        const local = own && reports.get(id)?.waiters.find(({ lease }) => lease === '');
        return {
          ...holder,
          process: processes.get(id) ?? null,
          reports: own?.map(({ lease: _lease, ...report }) => report) ?? null,
          localWaiters: withoutLease(local),
        };
      });
      const waiters = waiting.map((token): WaiterInspection => {
        const id = processIdOf(token);
        const own = reports.get(id)?.waiters.find(({ lease }) => lease === markOf(token));
        return { token, process: processes.get(id) ?? null, report: withoutLease(own) };
      });
      return { ...state!, holders: inspected, holder: inspected[0] ?? null, waiters };
    } catch (error) {
      throw asLockError(key, error);
    }
  }

  /** Gets ready, for so many milliseconds at most, to hear what other processes answer. */
  async hear(timeout: number): Promise<void> {
    const { store, processId, events } = this.tools;
    if (store.hear) await inTime(store.hear(processId), timeout, events.outside).catch(() => undefined);
  }

  /** See `LockService.forceRelease`. */
  async forceRelease(key: string, options: ForceReleaseOptions): Promise<boolean> {
    checkOptionNames(options, FORCE_OPTIONS, 'forceRelease()');
    const reason = readText('reason', options.reason, LONGEST_REASON);
    const by = readText('by', options.by, LONGEST_NAME);
    const { store, requests, processId, events, say } = this.tools;
    try {
      const taken = await forceRelease({ store, requests, processId }, key, { reason, by });
      for (const token of taken.tokens) {
        if (processIdOf(token) === processId) this.takenAway.taken({ key, token, reason, by });
        events.audience?.next({ type: 'forced', side: 'operator', key, token, label: '', reason, by });
      }
      if (taken.isDone) say(messages.forcedHere(key, { reason, by }));
      if (taken.error !== undefined) throw taken.error;
      return taken.isDone;
    } catch (error) {
      throw asLockError(key, error);
    }
  }

  /**
   * The keys as the store reads them, piece by piece and without processes, for a reader that paces itself: nothing is read
   * before the next piece is asked for.
   */
  async *pieces(match: string): AsyncGenerator<readonly KeySummary[], void> {
    const { store } = this.tools;
    if (!store.list) throw new LockUnavailableError(messages.noList());
    try {
      yield* store.list(match);
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Who processes are, by their ids. One request; none where no id is given. */
  async processes(ids: readonly string[]): Promise<Map<string, ProcessInfo | undefined>> {
    const described = ids.length > 0 ? await this.tools.store.describe?.(ids) : undefined;
    return new Map(ids.map((id, i) => [id, readDescription(id, described?.[i])]));
  }

  /**
   * Records that can't be read, or not in time, are as good as none: they may lie on other servers than the keys that were
   * asked about.
   */
  private async known(ids: readonly string[], timeout = LONGEST): Promise<Map<string, ProcessInfo | undefined>> {
    let known = new Map<string, ProcessInfo | undefined>();
    const read = this.processes(ids).then((found) => (known = found));
    await inTime(read, timeout, this.tools.events.outside).catch(() => undefined);
    return known;
  }

  private async *overviews(match: string, limit: number): AsyncGenerator<KeyOverview> {
    let left = limit;
    try {
      for await (const page of this.pieces(match)) {
        const some: readonly KeySummary[] = page.slice(0, left);
        const ids = new Set(some.flatMap(({ holder }) => (holder ? [processIdOf(holder.token)] : [])));
        const processes = await this.known([...ids]);
        for (const each of some) {
          yield { ...each, process: (each.holder && processes.get(processIdOf(each.holder.token))) ?? null };
        }
        left -= some.length;
        if (left <= 0) return;
      }
    } catch (error) {
      throw storeError(error);
    }
  }
}

function pingFailed(error: unknown): never {
  throw storeError(error);
}

function storeError(error: unknown): LockError {
  return isLockError(error) ? error : asLockError('', error);
}

function withoutLease(said: KeyReport['waiters'][number] | undefined): WaiterInspection['report'] {
  if (!said) return null;
  const { lease: _lease, ...report } = said;
  return report;
}

function readText(name: string, value: string | undefined, longest: number): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '' && value.length <= longest)) return value;
  throw new LockOptionsError(messages.option(name, value, `a text of 1 to ${longest} characters`));
}
