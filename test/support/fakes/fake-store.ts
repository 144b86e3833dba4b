/**
 * A store with a real set of rules behind it (the one in memory) and a bad line in front of it: each request can be
 * refused, carried out without an answer, held back, or never answered, as a test likes. Like every store it settles
 * each request within a time limit.
 */
import { LockUnavailableError } from '../../../lib/lock.errors.js';
import type {
  AcquireRequest,
  ConvertRequest,
  GrantListener,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TogetherAnswer,
  TouchRequest,
} from '../../../lib/stores/lock-store.js';
import { newProcessId } from '../../../lib/stores/protocol.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../../lib/stores/memory/memory.lock-store.js';

interface Exchanges {
  acquire: { request: AcquireRequest; answer: StoreAnswer };
  touch: { request: TouchRequest; answer: StoreAnswer };
  release: { request: ReleaseRequest; answer: ReleaseAnswer };
  convert: { request: ConvertRequest; answer: StoreAnswer };
  acquireTogether: { request: AcquireRequest; answer: TogetherAnswer };
}

type Name = keyof Exchanges;

/** One request as it left the library. */
export interface Call<N extends Name = Name> {
  readonly name: N;
  readonly requests: readonly Exchanges[N]['request'][];
  /** By the monotonic clock. */
  readonly sentAt: number;
  /** Lets the server carry the request out now. */
  carryOut(): Promise<Exchanges[N]['answer'][]>;
}

/** What happens to a request. */
export type Behaviour<N extends Name = Name> = (call: Call<N>) => Promise<Exchanges[N]['answer'][]>;

/** A {@link Behaviour} of whatever request. */
type AnyBehaviour = (call: never) => Promise<readonly unknown[]>;

/** What a store says that could not be reached. */
export const unreachable = (): LockUnavailableError => new LockUnavailableError('The line is dead.');

/** Refused: not carried out. */
export const failing = (): Promise<never> => Promise.reject(unreachable());

/** Not carried out, and no word until the time limit. */
export const hanging = (): Promise<never> => new Promise(() => undefined);

/** Carried out, but the answer is lost. */
export async function unheard<N extends Name>(call: Call<N>): Promise<never> {
  await call.carryOut();
  throw unreachable();
}

/** Carried out, but there is no word until the time limit. */
export async function muted<N extends Name>(call: Call<N>): Promise<never> {
  await call.carryOut();
  return hanging();
}

/** Answers without asking the server. */
export function saying<N extends Name>(...answers: Exchanges[N]['answer'][]): Behaviour<N> {
  return () => Promise.resolve(answers);
}

/** Holds a request back until the test lets it go. */
export class Gate<N extends Name> {
  private go: { carryOut: () => void; fail: (error: unknown) => void } | undefined;

  /** To be given to {@link FakeStore.next}; the request is carried out when the gate opens. */
  readonly before: Behaviour<N> = (call) => this.hold(() => call.carryOut());

  /** As {@link before}, but the request is carried out at once, and only its answer is held back. */
  readonly after: Behaviour<N> = async (call) => {
    const answers = await call.carryOut();
    return this.hold(() => Promise.resolve(answers));
  };

  /** Whether a request stands at the gate. */
  get isTaken(): boolean {
    return this.go !== undefined;
  }

  open(): void {
    this.go!.carryOut();
  }

  fail(error: unknown = unreachable()): void {
    this.go!.fail(error);
  }

  private hold<T>(proceed: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.go = { carryOut: () => void proceed().then(resolve, reject), fail: reject };
    });
  }
}

export class FakeStore implements LockStore {
  /** The server, as others see it. */
  readonly server: MemoryLockStore;
  /** Of the process that listens. */
  processId = newProcessId();
  /** Every request in the order of sending. */
  readonly calls: Call[] = [];
  /** After this time a request that brought no answer fails. */
  timeLimit = 5_000;
  /** Who is told of grants. */
  listener: GrantListener | null = null;
  private stopped = false;
  private readonly upcoming: { name: Name; behaviour: AnyBehaviour }[] = [];
  private readonly usual = new Map<Name, AnyBehaviour>();

  /** @param leases - the server's memory; stores that share it are processes that share a server. */
  constructor(leases = new MemoryLeases()) {
    this.server = new MemoryLockStore(leases);
  }

  /** What happens to the next request of a kind that nothing else was said about. */
  next<N extends Name>(name: N, behaviour: Behaviour<N>): this {
    this.upcoming.push({ name, behaviour });
    return this;
  }

  /** What happens to every further request of a kind. */
  always<N extends Name>(name: N, behaviour: Behaviour<N>): this {
    this.usual.set(name, behaviour);
    return this;
  }

  /** From now on every request is carried out and answered. */
  recover(): void {
    this.upcoming.length = 0;
    this.usual.clear();
  }

  /** The requests of one kind, one entry for each key. */
  sent<N extends Name>(name: N): Exchanges[N]['request'][] {
    return this.calls.flatMap((call) => (call.name === name ? (call.requests as Exchanges[N]['request'][]) : []));
  }

  /** When the requests of one kind were sent. */
  times(name: Name): number[] {
    return this.calls.filter((call) => call.name === name).map(({ sentAt }) => sentAt);
  }

  /** What the server knows of a key. */
  async look(key: string): Promise<KeyState> {
    const [state] = await this.server.inspect([key]);
    return state!;
  }

  start(): Promise<void> {
    return this.server.start();
  }

  /** The server lives on. */
  async stop(): Promise<void> {
    this.stopped = true;
  }

  ping(): Promise<void> {
    return this.server.ping();
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.send('acquire', requests, () => this.server.acquire(requests));
  }

  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.send('touch', requests, () => this.server.touch(requests));
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.send('release', requests, () => this.server.release(requests));
  }

  async convert(request: ConvertRequest): Promise<StoreAnswer> {
    const [answer] = await this.send('convert', [request], async () => [await this.server.convert(request)]);
    return answer!;
  }

  inspect(keys: readonly string[]): Promise<KeyState[]> {
    return this.server.inspect(keys);
  }

  listen(processId: string, listener: GrantListener | null): void {
    this.server.listen(processId, listener);
    this.processId = processId;
    this.listener = listener;
  }

  /** From now on no grant is reported. */
  deafen(): void {
    this.server.listen(this.processId, null);
  }

  /** The connection is known to be down from now on, or stands again. */
  reach(isReachable: boolean): void {
    this.listener?.reachable?.(isReachable);
  }

  protected send<N extends Name>(
    name: N,
    requests: readonly Exchanges[N]['request'][],
    carryOut: () => Promise<Exchanges[N]['answer'][]>,
  ): Promise<Exchanges[N]['answer'][]> {
    const call: Call<N> = { name, requests, sentAt: performance.now(), carryOut };
    this.calls.push(call);
    const index = this.upcoming.findIndex((planned) => planned.name === name);
    const planned = index < 0 ? this.usual.get(name) : this.upcoming.splice(index, 1)[0]!.behaviour;
    if (this.stopped) return failing();
    const answered = planned ? (planned as Behaviour<N>)(call) : carryOut();
    return settledWithin(answered, this.timeLimit);
  }
}

/** One that sees all keys together. */
export class TogetherStore extends FakeStore {
  async acquireTogether(requests: readonly AcquireRequest[]): Promise<TogetherAnswer> {
    const carryOut = async (): Promise<TogetherAnswer[]> => [await this.server.acquireTogether(requests)];
    const [answer] = await this.send('acquireTogether', requests, carryOut);
    return answer!;
  }
}

function settledWithin<T>(promise: Promise<T>, limit: number): Promise<T> {
  if (limit === Infinity) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unreachable()), limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
