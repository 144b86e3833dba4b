/**
 * Finds the keys that are held or waited for: `SCAN` on every master, which walks through all names a piece at a time, and a
 * script that looks at the records among them. The server is never held up for long, whatever it stores.
 */
import { Outside } from '../../core/context/outside.js';
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { globMatcher } from '../glob.js';
import type { KeySummary, StoreTiming } from '../lock-store.js';
import { within } from '../within.js';
import type { OpenedClient, ScanningClient } from './redis-client.js';
import { presentable } from './redis-error.js';
import { keyOfRecord, recordName, recordPattern } from './redis-keys.js';
import { script } from './redis-requests.js';
import type { RedisRequests, Script } from './redis-requests.js';
import { LIST_PIECE, listScript, readSummary } from './scripts/list.js';

/** How many names one `SCAN` looks at, about: enough for few round trips, and less than a millisecond of the server's. */
const SCANNED = 500;

/** What a lister works with. */
interface ListerTools {
  readonly opened: OpenedClient;
  readonly requests: RedisRequests;
  readonly timing: StoreTiming;
  readonly prefix: string;
  /** How long each request may take, in milliseconds. */
  readonly timeLimit: number;
  /** Whether each key has to travel by itself. */
  readonly apart: boolean;
}

export class RedisKeyLister {
  private readonly look: Script;
  private readonly outside = new Outside();

  constructor(private readonly tools: ListerTools) {
    this.look = script(listScript(tools.timing));
  }

  async *list(match: string): AsyncGenerator<readonly KeySummary[]> {
    const { opened, prefix } = this.tools;
    const matches = globMatcher(match);
    // Waits for the connection, where there is none, as long as any request does.
    await this.tools.requests.run({ script: this.look, keyCount: 0, words: [] });
    const seen = new Set<string>();
    // ioredis puts the user's prefix in front of the keys of commands, and neither of a pattern nor of what is found.
    const keyPrefix = opened.keyPrefix();
    const pattern = recordPattern(keyPrefix, prefix, match);
    const masters = this.masters();
    for (const client of masters) {
      for (let cursor: string | undefined = '0'; cursor !== undefined;) {
        const [next, names] = await this.scan(client, cursor, pattern);
        // A reader that paces itself is asked after each request.
        yield [];
        const keys = new Set<string>();
        for (const name of names) {
          const key = name.startsWith(keyPrefix) ? keyOfRecord(prefix, name.slice(keyPrefix.length)) : undefined;
          if (key !== undefined && !seen.has(key) && matches(key)) keys.add(key);
        }
        const candidates = [...keys];
        for (let i = 0; i < candidates.length; i += LIST_PIECE) {
          const found = await this.summaries(candidates.slice(i, i + LIST_PIECE));
          for (const { key } of found) seen.add(key);
          yield found;
        }
        cursor = next === '0' ? undefined : next;
      }
    }
    // What lay on a server that has gone meanwhile may be missing.
    this.masters();
  }

  /** All servers that keys lie on: a part of the keys must not look like all of them. */
  private masters(): readonly ScanningClient[] {
    const { opened } = this.tools;
    const masters = opened.masters();
    if (masters.length > 0 && opened.knowsAllMasters()) return masters;
    this.outside.run(() => opened.refresh());
    throw new LockUnavailableError(messages.notWhole());
  }

  private async summaries(keys: readonly string[]): Promise<KeySummary[]> {
    const { requests, prefix, apart } = this.tools;
    const lists = apart ? keys.map((key) => [key]) : [keys];
    const answered = lists.map(async (list) => {
      const words = list.map((key) => recordName(prefix, key));
      const reply = await requests.run({ script: this.look, keyCount: words.length, words });
      if (!Array.isArray(reply) || reply.length !== list.length) throw oddly(reply);
      return list.flatMap((key, i) => {
        const summary = readSummary(key, reply[i]);
        if (summary === undefined) throw oddly(reply);
        return summary ?? [];
      });
    });
    return (await Promise.all(answered)).flat();
  }

  /** One step of `SCAN`; settles in time, whatever the connection does. */
  private async scan(client: ScanningClient, cursor: string, pattern: string): Promise<readonly [string, string[]]> {
    const { timeLimit, opened } = this.tools;
    try {
      // A cluster connects to a server at the first command for it, and that connection outlasts the caller's section.
      const scanned = this.outside.run(() => client.scan(cursor, 'MATCH', pattern, 'COUNT', SCANNED));
      const reply: unknown = await within(timeLimit, scanned);
      const [next, names] = Array.isArray(reply) ? (reply as unknown[]) : [];
      if (!Array.isArray(names) || !/^\d+$/.test(String(next))) throw oddly(reply);
      return [String(next), names.map(String)];
    } catch (error) {
      if (error instanceof LockUnavailableError) throw error;
      const cause = presentable(error, opened.secrets());
      throw new LockUnavailableError(messages.refused(cause), { cause });
    }
  }
}

function oddly(reply: unknown): LockUnavailableError {
  return new LockUnavailableError(messages.oddReply(reply));
}
