/** A way to wait for what a store reports, that does not wait for ever. */

/** A store that reports does it sooner. */
const TIME_LIMIT = 10_000;

/** Wakes those that wait for something to be reported. */
export class News {
  private readonly awaited: (() => void)[] = [];

  /** Something was reported. */
  arrived(): void {
    for (const told of this.awaited.splice(0)) told();
  }

  /** Resolves as soon as `find` finds something in what was reported; rejects with what is missing when that takes too long. */
  async until<Found>(missing: string, find: () => Found | undefined): Promise<Found> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await this.next(missing);
    }
  }

  private next(missing: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${missing} within ${TIME_LIMIT} ms.`)), TIME_LIMIT);
      this.awaited.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
