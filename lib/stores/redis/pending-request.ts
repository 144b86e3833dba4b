/** A request from the caller's question to its answer; only the first outcome counts. */
import type { Recipient } from './group-commit.js';
import type { Limited, TimeLimit } from './time-limit.js';

/** A script and the digest it is called by. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** What to run. */
export interface ScriptCall {
  readonly script: Script;
  /** How many of the words are keys: the first ones. */
  readonly keyCount: number;
  readonly words: readonly string[];
  /** Asked before the call is sent again: to a server that did not know the script, or after the connection broke. */
  readonly mayRepeat?: (() => boolean) | undefined;
}

/** Decides what becomes of a request. */
export interface RequestOwner {
  /** Its time is over. */
  timedOut(request: PendingRequest): void;
  /** It was answered although its caller had been told otherwise. */
  answeredLate(): void;
}

export class PendingRequest implements Limited {
  readonly since = performance.now();
  before: Limited | undefined = undefined;
  behind: Limited | undefined = undefined;
  isSettled = false;
  /** Whether it was given to the connection and not answered. */
  isUnderWay = false;
  /** Whether it may have been carried out, or may still be. */
  isInDoubt = false;
  /** Why the server did not take it, where it is to be asked again. */
  refusal: Error | undefined = undefined;

  constructor(
    readonly call: ScriptCall,
    private readonly recipient: Recipient,
    private readonly timeLimit: TimeLimit,
    private readonly owner: RequestOwner,
  ) {
    timeLimit.begin(this);
  }

  expire(): void {
    this.owner.timedOut(this);
  }

  succeed(answer: unknown): void {
    if (this.settle()) this.recipient.succeed(answer);
    else this.owner.answeredLate();
  }

  fail(error: unknown): void {
    if (this.settle()) this.recipient.fail(error);
  }

  private settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.timeLimit.end(this);
    return true;
  }
}
