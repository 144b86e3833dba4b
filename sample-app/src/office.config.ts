/** What one ticket office must know before it opens. */

export class OfficeConfig {
  constructor(
    /** Its name in what it answers. */
    readonly office: string,
    /** Where locks and data are kept: a Redis URL, or `'memory'` for this process only. */
    readonly connection: string,
    /** Goes in front of every key in Redis, locks and data alike. */
    readonly prefix: string,
    /** How far its clock is behind those of the others. */
    readonly clockLagMs = 0,
  ) {}
}

/** Reads the configuration from environment variables. */
export function readConfig(env: NodeJS.ProcessEnv): OfficeConfig {
  return new OfficeConfig(
    env.OFFICE ?? `office-${process.pid}`,
    env.REDIS_URL ?? 'redis://localhost:6379',
    env.KEY_PREFIX ?? 'ticket-office',
    Number(env.CLOCK_LAG_MS ?? 0),
  );
}
