/** What a process is told by others, and a way to wait for it. */
import type { GrantListener } from '../../stores/lock-store.js';
import type { Driver } from './driver.js';
import { News } from './news.js';

/** Collects what a process is told. */
export class TextLog implements GrantListener {
  readonly texts: string[] = [];
  private readonly news = new News();

  /** Hears what a driver's process is told from now on. */
  static async of(driver: Driver): Promise<TextLog> {
    const log = new TextLog();
    driver.listen(log);
    await driver.store.hear!(driver.processId);
    return log;
  }

  granted(): void {}
  resumed(): void {}

  told(text: string): void {
    this.texts.push(text);
    this.news.arrived();
  }

  /** Resolves when a text was told. */
  async until(text: string): Promise<void> {
    await this.news.until(`The text "${text}" was not told`, () => this.texts.find((each) => each === text));
  }

  /** In any order: what different servers of a cluster publish may overtake each other. */
  async untilAll(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.until(text);
  }
}
