/**
 * One process's way to the server they share. Messages take time, and each can be lost, late or doubled; the whole
 * connection can fall silent, or break and send again what had no answer, as ioredis does. Like every store it settles
 * each request within a time limit.
 */
import { LockUnavailableError } from '../../../lib/lock.errors.js';
import type {
  AcquireRequest,
  ConvertRequest,
  Grant,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
  TouchRequest,
} from '../../../lib/stores/lock-store.js';
import type { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../../lib/stores/memory/memory.lock-store.js';
import type { Connection, Flight, ServerLog } from './connection.js';
import { Fates } from './fates.js';
import type { MessageKind } from './fates.js';
import type { Way } from './steps.js';
import type { Machine, World } from './virtual-world.js';

/** Longer than any ttl that matters here would hide what follows from a request that fails. */
export const TIME_LIMIT = 1_500;
/** From a broken connection to the next. */
const RECONNECT = 30;

export class FaultyStore implements LockStore {
  readonly fates = new Fates();
  private readonly behind: MemoryLockStore;
  private readonly flights = new Set<Flight>();
  private listener: GrantListener | null = null;
  private lastArrival = 0;
  private lastDelivery = 0;
  /** Which connection it is, and what waits for the next one; undefined while there is one. */
  private epoch = 0;
  private unsent: Flight[] | undefined;
  /** Until when nothing gets through, either way. */
  private deafUntil = -Infinity;
  private muteUntil = -Infinity;
  private unawareUntil = -Infinity;

  constructor(
    private readonly world: World,
    private readonly machine: Machine,
    private readonly server: Machine,
    private readonly connection: Connection,
    leases: MemoryLeases,
    private readonly log: ServerLog,
  ) {
    this.behind = new MemoryLockStore(leases);
  }

  /** Loses what is sent, what is answered, or whatever there is, for so long. */
  cut(milliseconds: number, way: Way): void {
    const until = this.world.now + milliseconds;
    if (way !== 'in') this.muteUntil = until;
    if (way !== 'out') this.deafUntil = until;
    if (way === 'all') this.unawareUntil = until;
  }

  /** Breaks the connection; the next one sends again what had no answer, or that fails. */
  break(replay: boolean): void {
    if (this.unsent) return;
    const unanswered = [...this.flights];
    this.epoch += 1;
    this.unsent = [];
    this.world.plan(RECONNECT, this.machine, () => {
      const { latency } = this.connection;
      const unsent = this.unsent!;
      this.unsent = undefined;
      for (const flight of unanswered) {
        if (replay) this.fly(flight, latency);
        else flight.fail();
      }
      for (const flight of unsent) this.fly(flight, latency);
      this.listener?.resumed();
    });
  }

  /** From now on everything gets through. */
  mend(): void {
    this.fates.clear();
    this.deafUntil = this.muteUntil = this.unawareUntil = -Infinity;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.send('acquire', async () => {
      const answers = await this.behind.acquire(requests);
      answers.forEach((answer, i) => this.log.answered(requests[i]!, answer));
      this.log.done();
      return answers;
    });
  }

  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.send('touch', async () => {
      const answers = await this.behind.touch(requests);
      answers.forEach((answer, i) => this.log.answered(requests[i]!, answer));
      this.log.done();
      return answers;
    });
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.send('release', async (times) => {
      // Whoever is let in by it is heard of before its answer.
      requests.forEach((request) => this.log.leaving(request));
      const answers = await this.behind.release(requests);
      answers.forEach((answer, i) => this.log.released(requests[i]!, answer));
      this.log.done();
      // As the Redis store says it: what was carried out twice proves nothing by "gone".
      return answers.map((each) => (times > 1 && each.state === 'gone' ? { ...each, state: 'unknown' } : each));
    });
  }

  convert(request: ConvertRequest): Promise<StoreAnswer> {
    return this.send('convert', () => this.behind.convert(request).finally(() => this.log.done()));
  }

  acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
    return this.send('acquire', async () => {
      const answer = await this.behind.acquireTogether(requests);
      if (answer.state === 'held') {
        answer.fencingTokens.forEach((fencingToken, i) =>
          this.log.answered(requests[i]!, { state: 'held', fencingToken }),
        );
      }
      this.log.done();
      return answer;
    });
  }

  inspect(keys: readonly string[]): Promise<KeyState[]> {
    return this.behind.inspect(keys);
  }

  listen(processId: string, listener: GrantListener | null): void {
    this.listener = listener;
    const reports = { granted: (grant: Grant) => this.reportGrant(grant), resumed: () => undefined };
    this.behind.listen(processId, listener && reports);
  }

  private send<Answer>(kind: MessageKind, carryOut: (times: number) => Promise<Answer>): Promise<Answer> {
    const { request, answer, requestDelay, answerDelay, again } = this.fates.of(kind);
    const { latency } = this.connection;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new LockUnavailableError('No answer in time.')), TIME_LIMIT);
      const settle = (how: () => void): void => {
        this.flights.delete(flight);
        clearTimeout(timer);
        how();
      };
      const flight: Flight = {
        carriedOut: 0,
        arrive: () => {
          flight.carriedOut += 1;
          void this.world
            .on(this.server, () => carryOut(flight.carriedOut))
            .then((answers) => {
              if (answer === 'arrives')
                this.deliver(latency + answerDelay, flight, () => settle(() => resolve(answers)));
            });
        },
        fail: () => settle(() => reject(new LockUnavailableError('The connection broke.'))),
      };
      if (request === 'refused') {
        const refusal = new LockUnavailableError('Not sent.', { wasSent: false });
        this.world.plan(0, this.machine, () => settle(() => reject(refusal)));
        return;
      }
      this.flights.add(flight);
      if (this.unsent) this.unsent.push(flight);
      else if (request === 'arrives') this.fly(flight, latency + requestDelay);
      if (again !== undefined) this.world.plan(latency + requestDelay + again, undefined, flight.arrive);
    });
  }

  private fly(flight: Flight, delay: number): void {
    const { epoch } = this;
    if (this.world.now < this.muteUntil) return;
    let at = this.world.now + delay;
    if (this.connection.inOrder) this.lastArrival = at = Math.max(at, this.lastArrival);
    this.world.plan(at - this.world.now, undefined, () => {
      // What was under way when the connection broke has been taken over by the next one.
      if (!this.connection.inOrder || this.epoch === epoch) flight.arrive();
    });
  }

  private deliver(delay: number, flight: Flight, how: () => void): void {
    const { epoch } = this;
    if (this.world.now < this.deafUntil) return;
    let at = this.world.now + delay;
    if (this.connection.inOrder) this.lastDelivery = at = Math.max(at, this.lastDelivery);
    this.world.plan(at - this.world.now, this.machine, () => {
      if (!this.connection.inOrder || this.epoch === epoch) how();
    });
  }

  private reportGrant(grant: Grant): void {
    this.log.granted(grant);
    const { request, answerDelay, again } = this.fates.of('grant');
    if (this.world.now < this.unawareUntil) return;
    const hear = (): void => this.listener?.granted(grant);
    const delay = this.connection.latency + answerDelay;
    if (request === 'arrives') this.world.plan(delay, this.machine, hear);
    if (again !== undefined) this.world.plan(delay + again, this.machine, hear);
  }
}
