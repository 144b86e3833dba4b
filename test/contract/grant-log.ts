/** What a store reports to its listener, and a way to wait for it. */
import { randomUUID } from 'node:crypto';
import type { Grant, GrantListener } from '../../lib/stores/lock-store.js';
import { Driver } from './lock-store.harness.js';

/** Collects what a store reports to its listener. */
export class GrantLog implements GrantListener {
  readonly grants: Grant[] = [];
  resumes = 0;
  private readonly awaited: (() => void)[] = [];

  /** The tokens that were granted, in the order of hearing of them. */
  get heard(): string[] {
    return this.grants.map(({ token }) => token);
  }

  granted(grant: Grant): void {
    this.grants.push(grant);
    for (const told of this.awaited.splice(0)) told();
  }

  resumed(): void {
    this.resumes += 1;
    for (const told of this.awaited.splice(0)) told();
  }

  /** Becomes a store's listener. Nothing is missed from then on: a grant was heard of, or the store has said so. */
  async listenTo({ store }: Driver): Promise<this> {
    const [key, driver] = [`contract: listening ${randomUUID()}`, new Driver(store)];
    store.listen(this);
    const { holder, waiting } = await driver.queue(key, 1);
    await driver.release(key, holder);
    while (this.resumes === 0 && !this.heard.includes(waiting[0]!)) await this.news();
    await driver.release(key, waiting[0]!);
    return this;
  }

  /** Resolves with the grant when a token was reported. */
  async until(token: string): Promise<Grant> {
    for (;;) {
      const grant = this.grants.find((each) => each.token === token);
      if (grant) return grant;
      await this.news();
    }
  }

  private news(): Promise<void> {
    return new Promise((resolve) => this.awaited.push(resolve));
  }
}
