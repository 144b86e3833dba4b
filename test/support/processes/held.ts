/** What the program `holder` says of a lock. */
export interface Held {
  readonly token: string;
  readonly fencingToken: number;
  readonly mode: 'read' | 'write' | 'permit';
  readonly isHeld: boolean;
  /** Code of the error that the signal aborted with; `null` when it did not. */
  readonly reason: string | null;
  /** By the wall clock, in milliseconds. */
  readonly acquiredAt: number;
  readonly expiresAt: number;
}

/** What it says after it blocked its event loop, before anything else could run. */
export interface StoodStill {
  readonly isHeld: boolean;
  readonly aborted: boolean;
  readonly timerRan: boolean;
}
