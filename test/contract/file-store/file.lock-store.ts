/**
 * A store in a folder, for processes of one machine: a file for each key, written back as a whole, and a directory beside it
 * while a process changes it. A process that is killed within that millisecond leaves the directory behind; the key is
 * refused then until it is deleted by hand. A database does this by a transaction.
 */
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_TIMING } from 'nestjs-distributed-lock';
import type {
  AcquireRequest,
  KeyState,
  LockStore,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  StoreTiming,
  TouchRequest,
} from 'nestjs-distributed-lock';
import { KeyRules } from './key-rules.js';
import type { KeyRecord } from './key-rules.js';

/** How long a request waits for a process that changes the same key, in milliseconds. */
const PATIENCE = 2_000;

/** What is answered to a request that failed by itself. */
interface Unknown {
  readonly state: 'unknown';
  readonly error: unknown;
}

export class FileLockStore implements LockStore {
  private readonly timing: StoreTiming;
  private isStopped = false;

  /** @param folder - made where it is missing. All stores on it exclude each other. */
  constructor(
    private readonly folder: string,
    timing: Partial<StoreTiming> = {},
  ) {
    this.timing = { ...DEFAULT_TIMING, ...timing };
  }

  /** Also the moment to clear away what was not used for long. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      if (!name.endsWith('.json')) continue;
      const file = join(this.folder, name);
      const clearAway = this.locked(file, async () => {
        if (new KeyRules(await read(file), this.timing, Date.now()).isOutdated()) await rm(file, { force: true });
      });
      await clearAway.catch(() => undefined); // Another time, then.
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }

  async ping(): Promise<void> {
    this.refuseWhenStopped();
    await access(this.folder);
  }

  acquire(requests: readonly AcquireRequest[]): Promise<StoreAnswer[]> {
    return this.each(requests, (key, request) => key.acquire(request));
  }

  touch(requests: readonly TouchRequest[]): Promise<StoreAnswer[]> {
    return this.each(requests, (key, request) => key.touch(request));
  }

  release(requests: readonly ReleaseRequest[]): Promise<ReleaseAnswer[]> {
    return this.each(requests, (key, request) => key.release(request));
  }

  /** Reads without locking: a file is always whole, as it is replaced and not written to. */
  async inspect(keys: readonly string[]): Promise<KeyState[]> {
    this.refuseWhenStopped();
    const states = keys.map(async (key) => {
      const record = await read(this.fileOf(key));
      return new KeyRules(record, this.timing, Date.now()).inspect(key);
    });
    return Promise.all(states);
  }

  /** Reports nothing: a grant is only a hint, and waiters ask once a second by themselves. */
  listen(): void {}

  /** A list in its own order. A request that fails does so alone: its answer is unknown then, and those of the others are not. */
  private async each<Request extends { readonly key: string }, Answer>(
    requests: readonly Request[],
    change: (key: KeyRules, request: Request) => Answer,
  ): Promise<(Answer | Unknown)[]> {
    this.refuseWhenStopped();
    const answers: (Answer | Unknown)[] = [];
    for (const request of requests) {
      const answer = this.change(request.key, (key) => change(key, request));
      answers.push(await answer.catch((error: unknown) => ({ state: 'unknown', error })));
    }
    return answers;
  }

  private change<Answer>(key: string, change: (key: KeyRules) => Answer): Promise<Answer> {
    const file = this.fileOf(key);
    return this.locked(file, async () => {
      const record = await read(file);
      // The time is that of the change, not of the request, which may have waited for the file.
      const answer = change(new KeyRules(record, this.timing, Date.now()));
      const draft = `${file}.${randomUUID()}`;
      await writeFile(draft, JSON.stringify(record));
      await rename(draft, file);
      return answer;
    });
  }

  /** Only one process can make a directory. */
  private async locked<Outcome>(file: string, action: () => Promise<Outcome>): Promise<Outcome> {
    const directory = `${file}.busy`;
    const end = performance.now() + PATIENCE;
    for (;;) {
      try {
        await mkdir(directory);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || performance.now() > end) throw error;
        await pause(1 + 4 * Math.random());
      }
    }
    try {
      return await action();
    } finally {
      await rmdir(directory);
    }
  }

  /** A key may be any text, and a name of a file may not. */
  private fileOf(key: string): string {
    return join(this.folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  private refuseWhenStopped(): void {
    if (this.isStopped) throw new Error('The store was stopped.');
  }
}

async function read(file: string): Promise<KeyRecord> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KeyRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { queue: [], left: [] };
  }
}
