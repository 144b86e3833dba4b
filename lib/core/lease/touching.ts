/** What says "I am still here" to the store: a lease that is held, or one that is waited for. */
import type { StoreAnswer } from '../../stores/lock-store.js';

export interface Touching {
  readonly key: string;
  readonly token: string;
  /** Milliseconds that a touch asks for. */
  readonly ttl: number;
  /** How many milliseconds longer than that the store is asked to keep it. */
  readonly margin: number;
  /** Whether it needs no touch any more. */
  readonly isOver: boolean;
  /** A touch that asks for `ttl` milliseconds is being sent. */
  sent(sentAt: number, ttl: number): void;
  /** The store's answer to the touch that was sent at `sentAt` and asked for `ttl` milliseconds. */
  answered(answer: StoreAnswer, sentAt: number, ttl: number): void;
}
