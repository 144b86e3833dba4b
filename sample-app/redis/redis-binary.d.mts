/** The path of a server program, or `null`. A `REDIS_SERVER` that names none is an error, not a reason to look on. */
export declare function findRedisServer(): string | null;

/** The path of a server program, installed now if need be. Throws an error of one line when there is no way to one. */
export declare function ensureRedisServer(): Promise<string>;
