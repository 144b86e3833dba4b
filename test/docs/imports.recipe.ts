/** The recipe of docs/recipes.md for a lock that goes with a job, as it stands there below the first two declarations. */

/** What is done under the lock. */
export abstract class Files {
  abstract read(file: string, options: { signal: AbortSignal }): Promise<void>;
}

import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { isLockError, LockService } from 'nestjs-distributed-lock';
import type { Lock } from 'nestjs-distributed-lock';

interface ImportJob {
  file: string;
  lock: string;
}

@Injectable()
export class Imports {
  constructor(
    private readonly locks: LockService,
    private readonly files: Files,
  ) {}

  // In the request; a LockBusyError says that the file waits to be imported, or is being imported.
  async enqueue(queue: Queue<ImportJob>, file: string): Promise<void> {
    const lock = await this.locks.acquire(`import:${file}`, { ttl: '5m', wait: 0 }); // the job has to begin within that time
    const text = await lock.detach();
    try {
      await queue.add('import', { file, lock: text }, { attempts: 3, removeOnComplete: true, removeOnFail: true });
    } catch (error) {
      await (await this.locks.adopt(text)).release();
      throw error;
    }
  }

  // In the worker: new Worker('imports', (job) => imports.process(job), …)
  async process(job: Job<ImportJob>): Promise<void> {
    await using lock = await this.lockOf(job);
    await lock.renew('30s'); // from here on a crash blocks the file for 30 s, and no longer for 5 min
    await this.locks.run(lock, () => this.files.read(job.data.file, { signal: lock.signal }));
  }

  private async lockOf({ attemptsStarted, data }: Job<ImportJob>): Promise<Lock> {
    if (attemptsStarted === 1) {
      try {
        return await this.locks.adopt(data.lock);
      } catch (error) {
        if (!isLockError(error, 'LOCK_LOST')) throw error; // the job began too late: another caller may have come between
      }
    }
    // Of a job that was started before, the first run may still be at work with the lock that came with it.
    return this.locks.acquire(`import:${data.file}`, { ttl: '30s', wait: '1m' });
  }
}
