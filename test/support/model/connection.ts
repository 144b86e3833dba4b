/** What is between a process and the server. */
import type {
  AcquireRequest,
  Grant,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from '../../../lib/stores/lock-store.js';
/** Who else wants to know what the server does. */
export interface ServerLog {
  answered(request: AcquireRequest | TouchRequest, answer: StoreAnswer): void;
  released(request: ReleaseRequest, answer: ReleaseAnswer): void;
  granted(grant: Grant): void;
}

export interface Connection {
  /** Milliseconds each way. */
  readonly latency: number;
  /** Whether messages arrive in the order of sending, as on one TCP connection. */
  readonly inOrder: boolean;
}

/** A request from its sending until nothing more can come of it. */
export interface Flight {
  carriedOut: number;
  arrive(): void;
  fail(): void;
}
