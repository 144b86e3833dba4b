/** The releases of a service that are not done yet. */
import type { LockStore, ReleaseAnswer } from '../stores/lock-store.js';
import type { Heartbeat } from './heartbeat.js';
import { UnfinishedRelease } from './unfinished-release.js';
import type { ReleaseOwner, Unfinished } from './unfinished-release.js';

/** A server that answers nothing for hours must not fill the memory: of more than so many the oldest is forgotten. */
const MOST = 100_000;

export class UnfinishedReleases implements ReleaseOwner {
  private readonly all = new Set<UnfinishedRelease>();
  private isClosed = false;

  constructor(
    readonly store: LockStore,
    readonly heartbeat: Heartbeat,
    private readonly most = MOST,
  ) {}

  /** Goes on with a release that was answered like this. */
  add(unfinished: Unfinished, answer: ReleaseAnswer): void {
    if (this.isClosed) return;
    if (this.all.size >= this.most) this.forget(this.all.values().next().value!);
    const release = new UnfinishedRelease(unfinished, this);
    this.all.add(release);
    release.answered(answer);
  }

  /** Something was carried out late, or can be from now on: all are tried at once. */
  hurry(): void {
    for (const release of this.all) release.tryAgain();
  }

  finished(release: UnfinishedRelease): void {
    this.all.delete(release);
  }

  /** Tries all once more and waits for the answers; then they are forgotten. From now on none is added. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.hurry();
    await Promise.all([...this.all].map(({ underWay }) => underWay));
    for (const release of this.all) this.forget(release);
  }

  private forget(release: UnfinishedRelease): void {
    this.all.delete(release);
    this.heartbeat.remove(release);
  }
}
