export { ensureRedisServer, findRedisServer } from './redis-binary.mjs';

/** How to start a throw-away server. */
export interface RedisServerOptions {
  /**
   * Keep what is written through `restart()`: append-only file, synced with every write.
   * @default false
   */
  persist?: boolean;
  /** More arguments of the server program, such as `['--maxmemory', '1mb']`. */
  args?: readonly string[];
}

/** A private throw-away server. It ends with the process that started it, even when that is killed. */
export interface RedisServer extends AsyncDisposable {
  /** `redis://127.0.0.1:port`. */
  readonly url: string;
  /** The same for the whole life of the server, restarts included. */
  readonly port: number;
  /** The process id of the server that now runs; another one after a restart. */
  readonly pid: number;
  /** Whether there is a server process; a paused one counts. */
  readonly isRunning: boolean;
  /** SIGSTOP: connections stay open, nothing is answered. Resolves when it has stopped. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL, also when paused. Resolves when the process is gone; does nothing when it already is. */
  kill(): Promise<void>;
  /** Kills the server if it runs, and starts it again on the same port; empty, unless started with `persist`. */
  restart(): Promise<void>;
  /** Kills the server, also when paused, and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a private server on a free port of the loopback interface; installs the program first if there is none. */
export declare function startRedis(options?: RedisServerOptions): Promise<RedisServer>;
