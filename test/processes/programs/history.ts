/**
 * What happened under each key, in the order of the server, and a resource that refuses fencing tokens that are not
 * newer than all it has seen.
 */
import type { Redis } from 'ioredis';

/** How the key is shared by one that comes in; a limit of null is none. */
export interface RecordedShare {
  readonly limit: number | null;
  readonly weight: number;
  /** Readers of one process share a lease, which counts as one. */
  readonly token: string;
}

/** A worker came in, went out, or learnt how its section ended. One that does not name its share is alone. */
export type Entry = { readonly worker: string; readonly fence: number } & (
  | { readonly what: 'enter'; readonly share?: RecordedShare }
  | { readonly what: 'leave' }
  /** `ok`, or the code of the error. */
  | { readonly what: 'outcome'; readonly outcome: string }
);

/** As it stands in the history: when, by the server's clock in ms, and of those that came in, whether the resource accepted them. */
export type Recorded = Entry & { readonly accepted: boolean; readonly at: number };

// KEYS: history, greatest fencing token, greatest of those that were alone. ARGV: entry, the fencing token where the entry
// is one of coming in, otherwise nothing; the fencing token; whether it comes in beside others.
const WRITE = `
local entry = cjson.decode(ARGV[1])
entry.accepted = true
if ARGV[2] ~= '' then
  local greatest = tonumber(redis.call('GET', KEYS[2]) or '0')
  local isShared = ARGV[4] == '1'
  local least = isShared and tonumber(redis.call('GET', KEYS[3]) or '0') or greatest
  entry.accepted = tonumber(ARGV[2]) > least
  if entry.accepted and tonumber(ARGV[2]) > greatest then redis.call('SET', KEYS[2], ARGV[2], 'EX', 600) end
  if entry.accepted and not isShared then redis.call('SET', KEYS[3], ARGV[2], 'EX', 600) end
end
entry.fence = ARGV[3]
local time = redis.call('TIME')
entry.at = string.format('%.3f', time[1] * 1000 + time[2] / 1000)
redis.call('RPUSH', KEYS[1], cjson.encode(entry))
redis.call('EXPIRE', KEYS[1], 600)
`;

export interface History {
  write(key: string, entry: Entry): Promise<void>;
  read(key: string): Promise<Recorded[]>;
  /** For those who have none of a lock's. */
  unusedFence(): Promise<number>;
}

export function openHistory(client: Redis, prefix: string): History {
  return {
    write: async (key, entry) => {
      const fence = entry.what === 'enter' ? entry.fence : '';
      const names = ['history', 'resource', 'alone'].map((name) => `${prefix}-${name}:${key}`);
      const isShared = entry.what === 'enter' && entry.share !== undefined && entry.share.limit !== 1;
      // Lua prints numbers with 14 digits: the fencing token travels as text.
      const text = JSON.stringify({ ...entry, fence: 0 });
      await client.eval(WRITE, 3, ...names, text, fence, String(entry.fence), isShared ? 1 : 0);
    },
    read: async (key) => {
      const entries = await client.lrange(`${prefix}-history:${key}`, 0, -1);
      return entries.map((text) => {
        const entry = JSON.parse(text) as Recorded;
        return { ...entry, fence: Number(entry.fence), at: Number(entry.at) };
      });
    },
    unusedFence: async () => {
      const fence = await client.incr(`${prefix}-fence`);
      await client.expire(`${prefix}-fence`, 600);
      return fence;
    },
  };
}
