/**
 * The database of the sample, in front of which every process of the fleet stands. It is as plain as they come: each call
 * is atomic by itself, two calls in a row are not. That is what locks are for.
 */
export abstract class Database {
  /** The value of a name; `null` when there is none. */
  abstract read(name: string): Promise<string | null>;

  abstract write(name: string, value: string): Promise<void>;

  /** Adds a value to the end of a list. */
  abstract append(list: string, value: string): Promise<void>;

  abstract list(list: string): Promise<string[]>;

  abstract remove(...names: string[]): Promise<void>;

  /**
   * Writes a value unless a writer with a greater fencing token was here before: the check and the write are one step.
   * In SQL: `UPDATE … SET value = $1, fence = $2 WHERE name = $3 AND fence <= $2`.
   *
   * @returns whether the value was written.
   */
  abstract writeFenced(name: string, value: string, fencingToken: number): Promise<boolean>;

  /** Reads what {@link writeFenced} wrote. */
  abstract readFenced(name: string): Promise<string | null>;
}
