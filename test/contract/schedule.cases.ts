/**
 * Random schedules: a few hundred requests of four tokens and their successors for two keys, in an order that a seed
 * decides, with answers and states compared with a reference model. Where the test owns the clock, time passes between
 * requests too.
 */
import { expect, it } from '@jest/globals';
import type { KeyState, ReleaseAnswer, ReleaseRequest, StoreAnswer } from '../../lib/stores/lock-store.js';
import { LONG, only, useScene } from './lock-store.harness.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';
import { ModelKey } from './reference-model.js';
import type { ModelAnswer } from './reference-model.js';

const STEPS = 400;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const KIND = { kind: 'exclusive' } as const;

export function scheduleCases(factory: LockStoreHarnessFactory): void {
  const scene = useScene(factory);

  it.each(SEEDS)('are answered as the model answers them, seed %i', async (seed) => {
    const timing = scene.realTime ? { claimWindow: LONG, placeLife: LONG } : { claimWindow: 200, placeLife: 300 };
    const ttls = scene.realTime ? [LONG] : [100, 150, 400, LONG];
    const { below, pick } = random(seed);
    const driver = await scene.open(timing);
    const { store } = driver;
    const keys = [scene.key(), scene.key()];
    const tokens = Array.from({ length: 4 }, () => driver.token());
    const models = new Map(keys.map((key) => [key, new ModelKey(timing)]));
    const modelOf = (key: string): ModelKey => models.get(key)!;
    const grants = new Map(keys.map((key) => [key, new Grants(modelOf(key).used)]));
    /** By key the last token that has left. Which older ones are known as such is up to the store. */
    const left = new Map<string, string>();
    /** Requests to pass leases on, which are sent again now and then. */
    const passes: Release[] = [];

    const compareAnswers = (key: string, answer: StoreAnswer, model: ModelAnswer): void => {
      expect(answer.state).toBe(model.state);
      if (answer.state === 'held') grants.get(key)!.see(model.grant!, answer.fencingToken);
      if ('expiresIn' in answer) compareRest(answer.expiresIn, model.expiresIn!);
    };
    const compareRest = (rest: number, model: number): void => {
      expect(Number.isInteger(rest)).toBe(true);
      if (!scene.realTime) return expect(rest).toBe(model);
      expect(rest).toBeGreaterThan(0);
      expect(rest).toBeLessThanOrEqual(model);
    };
    const compareStates = (state: KeyState): void => {
      const { holder, waiting, grant, used } = modelOf(state.key).inspect();
      expect({ holder: state.holder?.token ?? null, waiting: state.waiting }).toEqual({ holder, waiting });
      if (grant > 0) grants.get(state.key)!.see(grant, state.lastFencingToken! - used);
      else expect(state.lastFencingToken).toBeNull();
    };
    const compareRelease = ({ used, ...request }: Release, answer: ReleaseAnswer): void => {
      const { key, token, successor } = request;
      const [isFirst, isKnown] = [modelOf(key).owns(token), modelOf(key).knows(token)];
      const model = modelOf(key).release(token, { used, successor });
      if (isKnown) {
        left.set(key, token);
        const at = tokens.indexOf(token);
        if (at >= 0) tokens[at] = driver.token();
      }
      // Whether a pass was carried out before may be forgotten.
      if (successor && !isFirst) expect(['released', 'gone']).toContain(answer.state);
      else expect(answer.state).toBe(model.state);
      expect(answer.successor === undefined).toBe(successor === undefined);
      if (successor) compareAnswers(key, answer.successor!, model.successor!);
    };

    for (let step = 0; step < STEPS; step++) {
      const requests = Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => {
        const key = pick(keys);
        // Half of the time the holder, so that leases move on.
        const token = pick([modelOf(key).inspect().holder ?? pick(tokens), pick(tokens)]);
        return { ...KIND, key, token, ttl: pick(ttls) };
      });
      const action = pick(['acquire', 'join', 'touch', 'release', 'release', 'pass', 'pass', 'replay', 'advance']);
      if (action === 'acquire' || action === 'join') {
        const wait = action === 'join';
        const answers = await store.acquire(requests.map((request) => ({ ...request, wait })));
        requests.forEach(({ key, token, ttl }, i) =>
          compareAnswers(key, answers[i]!, modelOf(key).acquire(token, ttl, wait)),
        );
      } else if (action === 'touch') {
        const answers = await store.touch(requests);
        requests.forEach(({ key, token, ttl }, i) => compareAnswers(key, answers[i]!, modelOf(key).touch(token, ttl)));
      } else if (action === 'release') {
        const releases = requests.map(({ key, token }) => ({ ...KIND, key, token }));
        const answers = await store.release(releases);
        releases.forEach((request, i) => compareRelease(request, answers[i]!));
      } else if (action === 'replay') {
        // What was asked for the token that was last to give a key back, or to leave its line, once more.
        const [key, token] = pick([...left, [pick(keys), driver.token()] as const]);
        const [wait, ttl] = [below(2) === 0, pick(ttls)];
        const answer = only(await store.acquire([{ ...KIND, key, token, ttl, wait }]));
        compareAnswers(key, answer, modelOf(key).acquire(token, ttl, wait));
      } else if (action === 'pass') {
        const { key, token, ttl } = requests[0]!;
        const used = below(5);
        const fencingToken = grants.get(key)!.last + used;
        const successor = pick([undefined, { token: driver.token(), ttl }]);
        if (successor) tokens[below(tokens.length)] = successor.token;
        // Not of a token that came back under the same name since.
        const again = passes.findLast(({ key, token }) => !modelOf(key).knows(token));
        const request = again && below(3) === 0 ? again : { ...KIND, key, token, fencingToken, successor, used };
        passes.push(request);
        const { used: _, ...sent } = request;
        compareRelease(request, (await store.release([sent]))[0]!);
      } else if (!scene.realTime) {
        const passed = 10 * (1 + below(25));
        await scene.advance(passed);
        for (const model of models.values()) model.now += passed;
      }
      (await store.inspect(keys)).forEach(compareStates);
    }
    for (const seen of grants.values()) expect(seen.size).toBeGreaterThan(20);
  });
}

/** A request to release, and how many fencing tokens beyond the first its lease has used. */
type Release = ReleaseRequest & { readonly used?: number };

/** Ties the numbers of the model's grants to fencing tokens: one each, and those of the next beyond the last used. */
class Grants {
  private readonly fences = new Map<number, number>();

  constructor(private readonly used: ReadonlyMap<number, number>) {}

  get size(): number {
    return this.fences.size;
  }

  /** The first fencing token of the latest grant; a small number before there is one. */
  get last(): number {
    return Math.max(1, ...this.fences.values());
  }

  see(grant: number, fence: number): void {
    const contradicting = [...this.fences].filter(([other, seen]) => {
      if (other === grant) return seen !== fence;
      return other < grant ? this.lastOf(other, seen) >= fence : this.lastOf(grant, fence) >= seen;
    });
    expect({ grant, fence, contradicting }).toEqual({ grant, fence, contradicting: [] });
    this.fences.set(grant, fence);
  }

  private lastOf(grant: number, fence: number): number {
    return fence + (this.used.get(grant) ?? 0);
  }
}

/** A small generator of numbers that look random (Lehmer's, modulus 2^31 − 1), the same for the same seed. */
function random(seed: number): { below(limit: number): number; pick<Item>(items: readonly Item[]): Item } {
  let state = seed * 48_271;
  const below = (limit: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  return { below, pick: (items) => items[below(items.length)]! };
}
