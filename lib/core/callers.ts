/** The callers that take keys: a caller of one key gets a handle, a caller of several gets a part of one for each. */
import type { Holder } from './lease/holder.js';
import { LockHandle } from './lock-handle.js';
import { Waiter } from './queue/waiter.js';
import type { LockRequest } from './queue/waiter.js';

/** A key that was taken, or entered again through the handle `outer`. */
export interface Part {
  readonly holder: Holder;
  readonly outer?: LockHandle | undefined;
}

export class SingleCaller extends Waiter {
  protected outcomeOf(holder: Holder): LockHandle {
    return new LockHandle(holder);
  }
}

export class PartCaller extends Waiter {
  protected outcomeOf(holder: Holder): Part {
    return { holder };
  }
}

/** Asks together with callers of other keys; where one is not free, all ask once more, one after the other. */
export class TogetherCaller extends PartCaller {
  private readonly mostWait: number;

  constructor(request: LockRequest, resolve: (outcome: never) => void) {
    super({ ...request, settings: { ...request.settings, wait: 0 } }, resolve);
    this.mostWait = request.settings.wait;
  }

  /** Until there is an answer; then it is over. */
  override get wait(): number {
    return this.mostWait;
  }
}
