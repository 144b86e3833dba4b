/** How a file of cases declares them. */
import type { ContractRunner, LockStoreHarnessFactory } from './harness.js';
import { Scene } from './scene.js';

/** A case takes a fraction of this, unless each request takes long; some runners allow five seconds by themselves. */
const TIME_LIMIT = 60_000;

export interface Cases {
  describe(name: string, body: () => void): void;
  /** A case, on a scene of its own. */
  it(name: string, play: (scene: Scene) => Promise<void>): void;
}

/** Cases of a store in the runner's own terms. The runner needs no hooks: each case sets its scene and clears it away. */
export function casesOf({ describe, it }: ContractRunner, factory: LockStoreHarnessFactory): Cases {
  return {
    describe: (name, body) => void describe(name, body),
    it: (name, play) => void it(name, () => Scene.play(factory, play), TIME_LIMIT),
  };
}
