/** What people on duty ask of the lock service, and what they get; answered by `core/operations/`. */
import type { Duration } from './duration.js';
import type { LockMode } from './acquire.options.js';
import type { HolderState, KeyState, KeySummary } from './stores/lock-store.js';

/** Options of `LockService.ping`. */
export interface PingOptions {
  /**
   * How long the answer may take, whatever `commandTimeout` says.
   * @default '1s'
   */
  timeout?: Duration | undefined;
}

/** Options of `LockService.list`. */
export interface ListOptions {
  /**
   * Which keys: `*` stands for any text, `?` for one character, `[ab]` for one of these, `\\` makes the next literal.
   * @default '*'
   */
  match?: string | undefined;
  /**
   * How many keys at most, a whole number of at least 1.
   * @default Infinity
   */
  limit?: number | undefined;
}

/** A process that holds a key or waits for it, as it introduces itself. */
export interface ProcessInfo {
  /** The id that every token of it begins with; an instance of the module has one. */
  readonly id: string;
  /** Name of its machine, or of its container. */
  readonly host: string;
  readonly pid: number;
  /** Name of the application; `null` where it is not known. */
  readonly name: string | null;
  /** Version of the application; `null` where it is not known. */
  readonly version: string | null;
  /** Name of the module's instance. */
  readonly instance: string;
  /** When the module was started, by the clock of its machine. */
  readonly startedAt: Date;
}

/** A key that is held or waited for. */
export interface KeyOverview extends KeySummary {
  /**
   * The process of {@link KeySummary.holder}. `null` where it is not known: it has held or waited for keys
   * for a tenth of a second at most, it has been dead for a while, its record can't be read, or its store keeps none.
   */
  readonly process: ProcessInfo | null;
}

/** Options of `LockService.inspect`. */
export interface InspectOptions {
  /**
   * Whether the processes of the holders and the first waiters are asked what they have to say.
   * @default true
   */
  ask?: boolean | undefined;
  /**
   * How long their answers are waited for.
   * @default '500ms'
   */
  timeout?: Duration | undefined;
}

/** What a process says of a lock that it holds. */
export interface HolderReport {
  /** What the lock is for: the template or the method of `@Locked`, or the option `label`. */
  readonly label: string;
  readonly mode: LockMode | 'permit';
  /** Fencing token of the present holder. */
  readonly fencingToken: number;
  /** For how many milliseconds the present holder has had it. */
  readonly heldMs: number;
  /** How many handles share it: 1, and one for each re-entry. */
  readonly depth: number;
}

/** What a process says of its callers that wait for a key. */
export interface WaiterReport {
  /** What the first of them wants the lock for. */
  readonly label: string;
  /** How many callers share the place in the queue. */
  readonly callers: number;
  /** For how many milliseconds the first of them has waited. */
  readonly waitedMs: number;
}

/** A holder of a key, its process, and what that says. */
export interface HolderInspection extends HolderState {
  /** See {@link KeyOverview.process}. */
  readonly process: ProcessInfo | null;
  /** What the process says, of each caller that shares the lease; `null` when it was not asked, or does not answer. */
  readonly reports: readonly HolderReport[] | null;
  /**
   * The callers of the same process that wait for this lease to be handed on to them: they have no place in the queue while
   * it is held here. `null` where there is none, or the process does not say.
   */
  readonly localWaiters: WaiterReport | null;
}

/** A place in a queue, its process, and what that says. */
export interface WaiterInspection {
  readonly token: string;
  readonly process: ProcessInfo | null;
  /** `null` when the process was not asked, or does not answer. */
  readonly report: WaiterReport | null;
}

/** What is known of a key. */
export interface KeyInspection extends KeyState {
  readonly holders: readonly HolderInspection[];
  /** The first of {@link holders}; `null` when the key is free. */
  readonly holder: HolderInspection | null;
  /** The places in the queue, next first. Only the processes of the first 32 are looked up and asked. */
  readonly waiters: readonly WaiterInspection[];
}

/** Options of `LockService.forceRelease`. */
export interface ForceReleaseOptions {
  /** Why, for the log and for the holder's `LockLostError`. At most 500 characters. */
  reason?: string | undefined;
  /** Who does it. At most 100 characters. */
  by?: string | undefined;
}
