/** One random schedule: sends requests to a store, and compares what it answers and shows with the model. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type {
  KeyState,
  LeaseShare,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
} from '../../../stores/lock-store.js';
import { isWithin } from '../assertions.js';
import { EXCLUSIVE, only } from '../driver.js';
import type { Driver } from '../driver.js';
import type { Scene } from '../scene.js';
import { GrantNumbers } from './grant-numbers.js';
import { random } from './random.js';
import { ModelKey } from './reference-model.js';
import type { ModelAnswer } from './reference-model.js';

/** What a schedule consists of. */
export interface ScheduleKind {
  /** Some of them more often than others. */
  readonly actions: readonly (
    'acquire' | 'join' | 'touch' | 'release' | 'pass' | 'replay' | 'advance' | 'convert' | 'together'
  )[];
  /** What the tokens want of a key. */
  readonly shares: readonly LeaseShare[];
  readonly tokens: number;
  readonly timing: Pick<StoreTiming, 'claimWindow' | 'placeLife'>;
  readonly ttls: readonly number[];
}

/** A request to release, and how many fencing tokens beyond the first its lease has used. */
type Release = ReleaseRequest & { readonly used?: number };

export class Schedule {
  /** What the present step does. */
  action: ScheduleKind['actions'][number] = 'advance';
  private readonly random;
  private readonly keys: readonly string[];
  private readonly tokens: string[];
  private readonly models: ReadonlyMap<string, ModelKey>;
  private readonly numbers: ReadonlyMap<string, GrantNumbers>;
  /** By key the last token that has left. Which older ones are known as such is up to the store. */
  private readonly left = new Map<string, string>();
  /** Requests to pass leases on, which are sent again now and then. */
  private readonly passes: Release[] = [];

  constructor(
    private readonly scene: Scene,
    private readonly driver: Driver,
    private readonly kind: ScheduleKind,
    seed: number,
  ) {
    this.random = random(seed);
    this.keys = [scene.key(), scene.key()];
    this.tokens = Array.from({ length: kind.tokens }, () => driver.token());
    this.models = new Map(this.keys.map((key) => [key, new ModelKey(kind.timing)]));
    this.numbers = new Map(this.keys.map((key) => [key, new GrantNumbers(this.modelOf(key).used)]));
  }

  /** How many grants of each key were seen. */
  get grantsByKey(): number[] {
    return [...this.numbers.values()].map(({ size }) => size);
  }

  /** Plays one step, and looks at both keys. */
  async step(): Promise<void> {
    this.action = this.random.pick(this.kind.actions);
    if (this.action === 'join' || this.action === 'acquire') await this.acquire(this.action === 'join');
    else await this[this.action]();
    (await this.driver.store.inspect(this.keys)).forEach((state) => this.compareState(state));
  }

  private async acquire(wait: boolean): Promise<void> {
    const requests = this.requests().map((request) => ({ ...request, ...this.share(), wait }));
    const answers = await this.driver.store.acquire(requests);
    requests.forEach((request, i) => {
      const { key, token, ttl } = request;
      if (answers[i]!.state === 'gone' && this.modelOf(key).hasLapsed(token)) return this.renew(token);
      this.compare(key, answers[i]!, this.modelOf(key).acquire(token, ttl, wait, request));
    });
  }

  private async touch(): Promise<void> {
    const requests = this.requests();
    const answers = await this.driver.store.touch(requests);
    requests.forEach(({ key, token, ttl }, i) => this.compare(key, answers[i]!, this.modelOf(key).touch(token, ttl)));
  }

  private async release(): Promise<void> {
    const requests = this.requests().map(({ key, token }) => ({ key, token }));
    const answers = await this.driver.store.release(requests);
    requests.forEach((request, i) => this.compareRelease(request, answers[i]!));
  }

  /** What was asked for the token that was last to give a key back, or to leave its queue, once more. */
  private async replay(): Promise<void> {
    const { pick, below } = this.random;
    const [key, token] = pick([...this.left, [pick(this.keys), this.driver.token()] as const]);
    const [wait, ttl, share] = [below(2) === 0, pick(this.kind.ttls), this.share()];
    const answer = only(await this.driver.store.acquire([{ key, token, ...share, ttl, wait }]));
    this.compare(key, answer, this.modelOf(key).acquire(token, ttl, wait, share));
  }

  private async pass(): Promise<void> {
    const { pick, below } = this.random;
    const { key, token, ttl } = this.requests()[0]!;
    const used = below(5);
    const fencingToken = this.numbers.get(key)!.last + used;
    const successor = pick([undefined, { token: this.driver.token(), ...this.share(), ttl }]);
    if (successor) this.tokens[below(this.tokens.length)] = successor.token;
    // Not of a token that came back under the same name since.
    const again = this.passes.findLast((past) => !this.modelOf(past.key).knows(past.token));
    const release: Release = again && below(3) === 0 ? again : { key, token, fencingToken, successor, used };
    this.passes.push(release);
    const { used: _, ...request } = release;
    this.compareRelease(release, only(await this.driver.store.release([request])));
  }

  private async convert(): Promise<void> {
    const { below, pick } = this.random;
    const { key, token, ttl } = this.requests()[0]!;
    // An upgrade half of the time: nothing else is so much in the way of others.
    const share = pick([EXCLUSIVE, this.share()]);
    const [wait, fencingToken] = [below(3) > 0, this.numbers.get(key)!.last + below(5)];
    const answer = await this.driver.convert(key, token, share, { ttl, wait, fencingToken });
    this.compare(key, answer, this.modelOf(key).convert(token, ttl, wait, share));
  }

  /** Both keys, or none; the requests are tried on the model one by one. */
  private async together(): Promise<void> {
    const { pick } = this.random;
    const requests = this.keys.map((key) => {
      const token = pick(this.tokens);
      const isKnown = !this.modelOf(key).hasLapsed(token);
      return { key, token: isKnown ? token : this.driver.token(), ttl: pick(this.kind.ttls), ...this.share() };
    });
    const answer = await this.driver.store.acquireTogether?.(requests.map((request) => ({ ...request, wait: false })));
    if (!answer) return;
    const tried = requests.map((each) => this.modelOf(each.key).copy().acquire(each.token, each.ttl, false, each));
    const refused = tried.findIndex(({ state }) => state !== 'held');
    equal(answer.state, refused < 0 ? 'held' : 'busy');
    if (answer.state === 'busy') return equal(answer.index, refused);
    requests.forEach(({ key, token, ttl, ...share }, i) => {
      const held: StoreAnswer = { state: 'held', fencingToken: answer.fencingTokens[i]! };
      this.compare(key, held, this.modelOf(key).acquire(token, ttl, false, share));
    });
  }

  private async advance(): Promise<void> {
    if (!this.scene.hasFakeClock) return;
    const passed = 10 * (1 + this.random.below(25));
    await this.scene.advance(passed);
    for (const model of this.models.values()) model.now += passed;
  }

  private requests(): { key: string; token: string; ttl: number }[] {
    const { pick } = this.random;
    return Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => {
      const key = pick(this.keys);
      // Half of the time a holder, so that leases move on.
      const { holders } = this.modelOf(key).inspect();
      const token = pick([this.one(holders)?.token ?? pick(this.tokens), pick(this.tokens)]);
      return { key, token, ttl: pick(this.kind.ttls) };
    });
  }

  private share(): LeaseShare {
    return this.one(this.kind.shares)!;
  }

  /** One of them; without a throw of the dice where there is no choice. */
  private one<Item>(items: readonly Item[]): Item | undefined {
    return items.length > 1 ? this.random.pick(items) : items[0];
  }

  private compare(key: string, answer: StoreAnswer, model: ModelAnswer): void {
    equal(answer.state, model.state);
    if (answer.state === 'held') this.numbers.get(key)!.see(model.grant!, answer.fencingToken);
    if (!('expiresIn' in answer)) return;
    if (!this.scene.hasFakeClock) isWithin(answer.expiresIn, model.expiresIn!);
    else ok(Math.abs(answer.expiresIn - model.expiresIn!) <= 1, `${answer.expiresIn} ms, not ${model.expiresIn}`);
  }

  private compareRelease({ key, token, successor, used }: Release, answer: ReleaseAnswer): void {
    const model = this.modelOf(key);
    const [isFirst, isKnown] = [model.owns(token), model.knows(token)];
    const isForgettable = successor !== undefined || (this.kind.shares.length > 1 && model.hasLeft(token));
    const expected = model.release(token, { used, successor });
    if (isKnown) {
      this.left.set(key, token);
      this.renew(token);
    }
    // Whether a pass, or a release beside others, was carried out before may be forgotten.
    if (isForgettable && !isFirst) ok(answer.state === 'released' || answer.state === 'gone', answer.state);
    else equal(answer.state, expected.state);
    equal(answer.successor === undefined, successor === undefined);
    if (answer.successor) this.compare(key, answer.successor, expected.successor!);
  }

  /** Another token takes the place of one that is gone. */
  private renew(token: string): void {
    const at = this.tokens.indexOf(token);
    if (at >= 0) this.tokens[at] = this.driver.token();
  }

  private compareState({ key, holders, waiting, lastFencingToken }: KeyState): void {
    const [model, numbers] = [this.modelOf(key).inspect(), this.numbers.get(key)!];
    const shares = (each: readonly (LeaseShare & { readonly token: string })[]) =>
      each.map(({ token, limit, weight }) => ({ token, limit, weight }));
    deepEqual({ holders: shares(holders), waiting }, { holders: shares(model.holders), waiting: model.waiting });
    model.holders.forEach(({ grant }, i) => numbers.see(grant, holders[i]!.fencingToken));
    if (model.grant > 0) numbers.seeLast(model.grant, lastFencingToken!, model.used);
    else equal(lastFencingToken, null);
  }

  private modelOf(key: string): ModelKey {
    return this.models.get(key)!;
  }
}
