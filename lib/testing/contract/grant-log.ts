/** What a store reports to a listener, and a way to wait for it. */
import { randomUUID } from 'node:crypto';
import type { Grant, GrantListener } from '../../stores/lock-store.js';
import type { Driver } from './driver.js';

/** A store that reports grants does it sooner. */
const TIME_LIMIT = 10_000;

/** Collects what a store reports to its listener. */
export class GrantLog implements GrantListener {
  readonly grants: Grant[] = [];
  resumes = 0;
  private readonly awaited: (() => void)[] = [];

  /** @param onGrant - called with each grant, as soon as it is known here. */
  constructor(private readonly onGrant: (grant: Grant) => unknown = () => undefined) {}

  /** The tokens that were granted, in the order of hearing of them. */
  get heard(): string[] {
    return this.grants.map(({ token }) => token);
  }

  granted(grant: Grant): void {
    this.grants.push(grant);
    for (const told of this.awaited.splice(0)) told();
    this.onGrant(grant);
  }

  resumed(): void {
    this.resumes += 1;
    for (const told of this.awaited.splice(0)) told();
  }

  /** Becomes the listener of a driver's process. Nothing is missed from then on: a grant was heard of, or the store said so. */
  async listenTo(driver: Driver): Promise<this> {
    const key = `contract: listening ${randomUUID()}`;
    driver.listen(this);
    const { holder, waiting } = await driver.queue(key, 1);
    await driver.release(key, holder);
    while (this.resumes === 0 && !this.heard.includes(waiting[0]!)) await this.news(waiting[0]!);
    await driver.release(key, waiting[0]!);
    return this;
  }

  /** Resolves with the grant when a token was reported. */
  async until(token: string): Promise<Grant> {
    for (;;) {
      const grant = this.grants.find((each) => each.token === token);
      if (grant) return grant;
      await this.news(token);
    }
  }

  private news(token: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const tooLate = (): void => reject(new Error(`No grant to ${token} was reported within ${TIME_LIMIT} ms.`));
      const timer = setTimeout(tooLate, TIME_LIMIT);
      this.awaited.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
