/** The recipe for a lock that goes with a BullMQ job, run as it is shown, with BullMQ: tried again, stalled, too late, not added. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Queue, Worker } from 'bullmq';
import type { WorkerOptions } from 'bullmq';
import { LockBusyError, LockService } from 'nestjs-distributed-lock';
import { start, closeAfterTest, lockModule } from '../support/apps/apps.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';
import { deferred, isFree, keyBecomes, rejection, until } from '../support/waiting.js';
import { Files, Imports } from './imports.recipe.js';
import { extractSnippets } from './snippets.js';

const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');

/** Reads files as a test wants it, and counts how many read at a time. */
class ReadFiles extends Files {
  reads = 0;
  inside = 0;
  most = 0;
  tokens: number[] = [];

  constructor(
    readonly workers: readonly LockService[],
    readonly body: (read: number) => Promise<void>,
  ) {
    super();
  }

  override async read(): Promise<void> {
    this.reads += 1;
    this.inside += 1;
    this.most = Math.max(this.most, this.inside);
    this.tokens.push(this.workers.find((locks) => locks.holds('import:7'))!.current().fencingToken);
    try {
      await this.body(this.reads);
    } finally {
      this.inside -= 1;
    }
  }
}

/** A process that enqueues and two that work, on the same keys and the same queue. */
async function set(body: (read: number) => Promise<void> = async () => undefined) {
  const prefix = freshPrefix();
  const connection = { url: REDIS_URL, maxRetriesPerRequest: null };
  const [request, ...workers] = await Promise.all(
    [1, 2, 3].map(async () => (await start({ imports: [lockModule({ prefix })] })).get(LockService)),
  );
  const files = new ReadFiles(workers, body);
  const queue = closeAfterTest(new Queue('imports', { connection, prefix: `{${prefix}}` }));
  const failures: Error[] = [];
  const worker = (options: Partial<WorkerOptions> = {}, locks = workers[0]!): Worker => {
    const imports = new Imports(locks, files);
    const made = new Worker('imports', (job) => imports.process(job), {
      connection,
      prefix: `{${prefix}}`,
      ...options,
    });
    made.on('failed', (_job, error) => failures.push(error));
    made.on('error', () => undefined);
    // Of a test that failed, a job may never end.
    closeAfterTest({ close: () => made.close(true) });
    return made;
  };
  return {
    locks: request!,
    enqueue: () => new Imports(request!, files).enqueue(queue, '7'),
    queue,
    worker,
    files,
    failures,
    workers,
  };
}

it('is what the page shows', () => {
  const page = text('../../docs/recipes.md');
  const shown = extractSnippets('docs/recipes.md', page)
    .map(({ line, code }) => code.filter((each) => each.line > line).map((each) => each.text))
    .find((lines) => lines.some((line) => line.includes("from 'bullmq'")));
  expect(text('./imports.recipe.ts')).toContain(`\n${shown!.join('\n')}\n`);
});

describe('a job that brings its lock', () => {
  it('keeps the key busy from the request to its end, under one fencing token', async () => {
    const leave = deferred();
    const { locks, enqueue, worker, files } = await set(() => leave.promise);
    await enqueue();
    const { holder } = await locks.inspect('import:7');
    expect(await rejection(enqueue())).toBeInstanceOf(LockBusyError);
    worker();
    await until(() => files.inside === 1);
    expect(await rejection(enqueue())).toBeInstanceOf(LockBusyError);
    expect(files.tokens).toEqual([holder!.fencingToken]);
    leave.resolve();
    await keyBecomes(locks, 'import:7', isFree);
  });

  it('takes the key itself when it is tried again', async () => {
    const { locks, enqueue, worker, files, failures } = await set(async (read) => {
      if (read < 3) throw new Error('no such file yet');
    });
    await enqueue();
    worker();
    await until(() => files.reads === 3 && files.inside === 0);
    await keyBecomes(locks, 'import:7', isFree);
    expect(new Set(files.tokens).size).toBe(3);
    expect(failures.map(({ message }) => message)).toEqual(Array(2).fill('no such file yet'));
  });

  it('waits for its first run when it stalled', async () => {
    const leave = deferred();
    const { locks, enqueue, queue, worker, workers, files } = await set((read) =>
      read === 1 ? leave.promise : Promise.resolve(),
    );
    await enqueue();
    const stalls = { lockDuration: 100, stalledInterval: 100, maxStalledCount: 5, skipLockRenewal: true };
    worker(stalls);
    await until(() => files.inside === 1);
    worker({ ...stalls, skipLockRenewal: false }, workers[1]);
    await keyBecomes(locks, 'import:7', ({ waiting }) => waiting.length > 0);
    expect(files.reads).toBe(1);
    leave.resolve();
    await until(async () => files.reads >= 2 && (await queue.getActiveCount()) === 0);
    expect(files.most).toBe(1);
  });

  it('takes the key itself when it began too late', async () => {
    const { locks, enqueue, worker, files } = await set();
    await enqueue();
    // As if its time were over, and another caller had come.
    await locks.forceRelease('import:7');
    const other = await locks.acquire('import:7');
    worker();
    await keyBecomes(locks, 'import:7', ({ waiting }) => waiting.length > 0);
    expect(files.reads).toBe(0);
    await other.release();
    await until(() => files.reads === 1);
    await keyBecomes(locks, 'import:7', isFree);
  });

  it('leaves the key free where it could not be added', async () => {
    const { locks, enqueue, queue } = await set();
    await queue.waitUntilReady();
    queue.add = () => Promise.reject(new Error('queue is full'));
    expect(await rejection(enqueue())).toMatchObject({ message: 'queue is full' });
    await keyBecomes(locks, 'import:7', isFree);
  });
});
