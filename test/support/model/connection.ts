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
  leaving(request: ReleaseRequest): void;
  released(request: ReleaseRequest, answer: ReleaseAnswer): void;
  /** Comes before the answers of the request that it follows from. */
  granted(grant: Grant): void;
  /** All answers of a request were told. */
  done(): void;
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
