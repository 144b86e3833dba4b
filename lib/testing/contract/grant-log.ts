/** What a store reports to a listener, and a way to wait for it. */
import { randomUUID } from 'node:crypto';
import type { Grant, GrantListener } from '../../stores/lock-store.js';
import type { Driver } from './driver.js';
import { News } from './news.js';

/** Collects what a store reports to its listener. */
export class GrantLog implements GrantListener {
  readonly grants: Grant[] = [];
  resumes = 0;
  private readonly news = new News();

  /** @param onGrant - called with each grant, as soon as it is known here. */
  constructor(private readonly onGrant: (grant: Grant) => unknown = () => undefined) {}

  /** The tokens that were granted, in the order of hearing of them. */
  get heard(): string[] {
    return this.grants.map(({ token }) => token);
  }

  granted(grant: Grant): void {
    this.grants.push(grant);
    this.news.arrived();
    this.onGrant(grant);
  }

  resumed(): void {
    this.resumes += 1;
    this.news.arrived();
  }

  /** Becomes the listener of a driver's process. Nothing is missed from then on: a grant was heard of, or the store said so. */
  async listenTo(driver: Driver): Promise<this> {
    const key = `contract: listening ${randomUUID()}`;
    driver.listen(this);
    const { holder, waiting } = await driver.queue(key, 1);
    await driver.release(key, holder);
    await this.news.until(missing(waiting[0]!), () => (this.resumes > 0 ? true : this.grantTo(waiting[0]!)));
    await driver.release(key, waiting[0]!);
    return this;
  }

  /** Resolves with the grant when a token was reported. */
  until(token: string): Promise<Grant> {
    return this.news.until(missing(token), () => this.grantTo(token));
  }

  private grantTo(token: string): Grant | undefined {
    return this.grants.find((each) => each.token === token);
  }
}

function missing(token: string): string {
  return `No grant to ${token} was reported`;
}
