/** How the command ends; scripts go by it, so a number never changes its meaning. */
export const EXIT = {
  fine: 0,
  /** There is no such key, or nothing to release. */
  nothing: 1,
  usage: 2,
  /** Redis could not be asked, or the answer could not be printed. */
  failed: 3,
  /** A fault of the command itself. */
  fault: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What was found could not be printed. */
export class OutputError extends Error {}

/** The command line can't be carried out as it was typed; the message says how it could be. */
export class UsageError extends Error {
  constructor(
    message: string,
    /** The command whose help tells more. */
    readonly command?: string | undefined,
  ) {
    super(message);
  }
}
