/** One random schedule: sends requests to a store, and compares what it answers and shows with the model. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { KeyState, ReleaseAnswer, ReleaseRequest, StoreAnswer, StoreTiming } from '../../../stores/lock-store.js';
import { isWithin } from '../assertions.js';
import { EXCLUSIVE, only } from '../driver.js';
import type { Driver } from '../driver.js';
import type { Scene } from '../scene.js';
import { GrantNumbers } from './grant-numbers.js';
import { random } from './random.js';
import { ModelKey } from './reference-model.js';
import type { ModelAnswer } from './reference-model.js';

/** Releases are more frequent than the rest, so that leases move on. */
const ACTIONS = ['acquire', 'join', 'touch', 'release', 'release', 'pass', 'pass', 'replay', 'advance'] as const;

/** A request to release, and how many fencing tokens beyond the first its lease has used. */
type Release = ReleaseRequest & { readonly used?: number };

export class Schedule {
  /** What the present step does. */
  action: (typeof ACTIONS)[number] = 'advance';
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
    timing: Pick<StoreTiming, 'claimWindow' | 'placeLife'>,
    private readonly ttls: readonly number[],
    seed: number,
  ) {
    this.random = random(seed);
    this.keys = [scene.key(), scene.key()];
    this.tokens = Array.from({ length: 4 }, () => driver.token());
    this.models = new Map(this.keys.map((key) => [key, new ModelKey(timing)]));
    this.numbers = new Map(this.keys.map((key) => [key, new GrantNumbers(this.modelOf(key).used)]));
  }

  /** How many grants of each key were seen. */
  get grantsByKey(): number[] {
    return [...this.numbers.values()].map(({ size }) => size);
  }

  /** Plays one step, and looks at both keys. */
  async step(): Promise<void> {
    this.action = this.random.pick(ACTIONS);
    if (this.action === 'join' || this.action === 'acquire') await this.acquire(this.action === 'join');
    else await this[this.action]();
    (await this.driver.store.inspect(this.keys)).forEach((state) => this.compareState(state));
  }

  private async acquire(wait: boolean): Promise<void> {
    const requests = this.requests();
    const answers = await this.driver.store.acquire(requests.map((request) => ({ ...request, ...EXCLUSIVE, wait })));
    requests.forEach(({ key, token, ttl }, i) =>
      this.compare(key, answers[i]!, this.modelOf(key).acquire(token, ttl, wait)),
    );
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
    const [wait, ttl] = [below(2) === 0, pick(this.ttls)];
    const answer = only(await this.driver.store.acquire([{ key, token, ...EXCLUSIVE, ttl, wait }]));
    this.compare(key, answer, this.modelOf(key).acquire(token, ttl, wait));
  }

  private async pass(): Promise<void> {
    const { pick, below } = this.random;
    const { key, token, ttl } = this.requests()[0]!;
    const used = below(5);
    const fencingToken = this.numbers.get(key)!.last + used;
    const successor = pick([undefined, { token: this.driver.token(), ...EXCLUSIVE, ttl }]);
    if (successor) this.tokens[below(this.tokens.length)] = successor.token;
    // Not of a token that came back under the same name since.
    const again = this.passes.findLast((past) => !this.modelOf(past.key).knows(past.token));
    const release: Release = again && below(3) === 0 ? again : { key, token, fencingToken, successor, used };
    this.passes.push(release);
    const { used: _, ...request } = release;
    this.compareRelease(release, only(await this.driver.store.release([request])));
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
      // Half of the time the holder, so that leases move on.
      const token = pick([this.modelOf(key).inspect().holder ?? pick(this.tokens), pick(this.tokens)]);
      return { key, token, ttl: pick(this.ttls) };
    });
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
    const expected = model.release(token, { used, successor });
    if (isKnown) {
      this.left.set(key, token);
      const at = this.tokens.indexOf(token);
      if (at >= 0) this.tokens[at] = this.driver.token();
    }
    // Whether a pass was carried out before may be forgotten.
    if (successor && !isFirst) ok(answer.state === 'released' || answer.state === 'gone', answer.state);
    else equal(answer.state, expected.state);
    equal(answer.successor === undefined, successor === undefined);
    if (answer.successor) this.compare(key, answer.successor, expected.successor!);
  }

  private compareState({ key, holders, waiting, lastFencingToken }: KeyState): void {
    const model = this.modelOf(key).inspect();
    const { holder, grant, used } = model;
    deepEqual({ holder: holders[0]?.token ?? null, waiting }, { holder, waiting: model.waiting });
    if (grant > 0) this.numbers.get(key)!.see(grant, lastFencingToken! - used);
    else equal(lastFencingToken, null);
  }

  private modelOf(key: string): ModelKey {
    return this.models.get(key)!;
  }
}
