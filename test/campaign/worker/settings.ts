/** What a worker is started with. */
export interface WorkerSettings {
  /** Unique to this process. */
  readonly name: string;
  /** Where it writes its history. */
  readonly path: string;
  readonly url: string;
  readonly prefix: string;
  readonly seed: number;
  readonly role: Role;
  readonly hot: readonly string[];
  readonly cold: readonly string[];
  readonly callers: number;
  /** How many of the leases may be long, from 0 to 1. */
  readonly longLeases: number;
  /** Whether listeners do random things. */
  readonly mischief: boolean;
  /** A control: what is wrong with its locks. */
  readonly flaw: Flaw | null;
}

/**
 * - `mortal` may be killed, so none of its leases is long.
 * - `restless` closes its module and opens another, in the same process.
 * - `steady` also takes long leases: whatever holds a key for long when all is over was forgotten.
 */
export type Role = 'mortal' | 'restless' | 'steady';

/** How a control locks, see `flawed-locks.ts`. */
export type Flaw =
  | 'none'
  | 'believes'
  | 'forges'
  | 'silent'
  | 'tardy'
  | 'stuck'
  | 'litters'
  | 'clings'
  | 'dies'
  /** Lets one more in than may come in. */
  | 'crowds'
  /** Lets readers in beside a writer. */
  | 'mixes';
