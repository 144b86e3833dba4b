/** The releases of a service that are not done yet. */
import type { ReleaseAnswer, ReleaseRequest } from '../../stores/lock-store.js';
import type { Heartbeat } from '../heartbeat/heartbeat.js';
import { ReleaseRetry } from './release-retry.js';
import type { RetryOwner, Unfinished } from './release-retry.js';
import type { Touching } from './touching.js';

/** A server that answers nothing for hours must not fill the memory: of more than so many the oldest is forgotten. */
const MOST = 100_000;

export class ReleaseRetries implements RetryOwner {
  private readonly all = new Set<ReleaseRetry>();
  private isClosed = false;

  /** @param send - sends a release; never rejects. */
  constructor(
    private readonly heartbeat: Heartbeat<Touching>,
    readonly send: (request: ReleaseRequest) => Promise<ReleaseAnswer>,
  ) {}

  /** Goes on with a release that was answered like this; resolves when nothing more is done about it. */
  add(unfinished: Unfinished, answer: ReleaseAnswer): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    if (this.all.size >= MOST) this.finished(this.all.values().next().value!);
    const retry = new ReleaseRetry(unfinished, this);
    this.all.add(retry);
    this.heartbeat.add(retry, retry.dueAt);
    return new Promise((resolve) => {
      retry.onFinished = resolve;
      retry.answered(answer);
    });
  }

  /** Something was carried out late, or can be from now on: all are tried at once. */
  hurry(): void {
    for (const retry of this.all) retry.tryAgain();
  }

  moved(retry: ReleaseRetry): void {
    if (this.all.has(retry)) this.heartbeat.add(retry, retry.dueAt);
  }

  finished(retry: ReleaseRetry): void {
    this.all.delete(retry);
    this.heartbeat.remove(retry);
    retry.onFinished?.();
  }

  /** Tries all once more and waits for the answers; then they are forgotten. From now on none is added. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.hurry();
    await Promise.all([...this.all].map(({ underWay }) => underWay));
    for (const retry of this.all) this.finished(retry);
  }
}
