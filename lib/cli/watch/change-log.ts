/** A line for each change, for logs, pipes and programs. */
import type { KeyOverview } from '../../lock.operations.js';
import { quote } from '../../quoting.js';
import { changesBetween } from '../changes.js';
import type { Change } from '../changes.js';
import { jsonLine, overviewJson } from '../json-text.js';
import type { Terminal } from '../terminal.js';
import { kindInWords, processName } from '../words.js';

export class ChangeLog {
  private seen: ReadonlyMap<string, KeyOverview> = new Map();
  private isAway = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly asJson: boolean,
  ) {}

  async show(keys: readonly KeyOverview[], now: Date): Promise<void> {
    if (this.isAway) this.terminal.say('Redis answers again.');
    this.isAway = false;
    const after = new Map(keys.map((each) => [each.key, each]));
    const lines = changesBetween(this.seen, after).map((change) => this.line(change, now));
    this.seen = after;
    if (lines.length > 0) await this.terminal.print(lines.join(''));
  }

  /** Said once; what has changed meanwhile is printed when Redis is back. */
  async failed(message: string): Promise<void> {
    if (!this.isAway) this.terminal.say(`Redis can't be asked, which is tried again: ${message}`);
    this.isAway = true;
  }

  async end(): Promise<void> {
    // Nothing was changed about the terminal.
  }

  private line({ change, key: seen }: Change, now: Date): string {
    const at = now.toISOString();
    if (this.asJson) {
      return jsonLine(change === 'free' ? { at, change, key: seen.key } : { at, change, ...overviewJson(seen) });
    }
    const { key, holder, holderCount, waitingCount, process, foreign } = seen;
    const by = foreign
      ? 'not a lock'
      : `by ${processName(process)}, ${kindInWords(holder, holderCount)}, fencing token ${holder?.fencingToken}`;
    const queue = `${waitingCount} waiting`;
    if (change === 'free') return `${at} free ${quote(key)}\n`;
    return change === 'held' ? `${at} held ${quote(key)} ${by}, ${queue}\n` : `${at} waiting ${quote(key)} ${queue}\n`;
  }
}
