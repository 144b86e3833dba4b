/** How long a queue was over the last minute, as a few numbers for a small picture. */

const SPAN = 60_000;
const BARS = 20;

export class QueueHistory {
  private readonly samples: { readonly at: number; readonly length: number }[] = [];

  /** The queue was seen to be of that length. */
  seen(length: number, now: number): void {
    const { samples } = this;
    if (samples.at(-1)?.length === length) return;
    // One from before the minute says how it began.
    while (samples.length > 1 && samples[1]!.at < now - SPAN) samples.shift();
    if (samples.length >= 4 * BARS) samples.shift();
    samples.push({ at: now, length });
  }

  /** The longest within each three seconds of the last minute, oldest first; fewer where less is known. */
  bars(now: number): number[] {
    const { samples } = this;
    const bars: number[] = [];
    let next = 0;
    let length: number | undefined;
    for (let i = 1; i <= BARS; i++) {
      const end = now - SPAN + (i * SPAN) / BARS;
      let most = length;
      for (; next < samples.length && samples[next]!.at <= end; next++) {
        length = samples[next]!.length;
        most = Math.max(most ?? 0, length);
      }
      if (most !== undefined) bars.push(most);
    }
    return bars;
  }
}
