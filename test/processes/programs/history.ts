/**
 * What happened under each key, in the order of the server, and a resource that refuses fencing tokens that are not
 * newer than all it has seen.
 */
import type { Redis } from 'ioredis';

/** A worker came in, went out, or learnt how its section ended. */
export type Entry = { readonly worker: string; readonly fence: number } & (
  | { readonly what: 'enter' | 'leave' }
  /** `ok`, or the code of the error. */
  | { readonly what: 'outcome'; readonly outcome: string }
);

/** As it stands in the history: when, by the server's clock in ms, and of those that came in, whether the resource accepted them. */
export type Recorded = Entry & { readonly accepted: boolean; readonly at: number };

// KEYS: history, resource. ARGV: entry, the fencing token where the entry is one of coming in, otherwise nothing.
const WRITE = `
local entry = cjson.decode(ARGV[1])
entry.accepted = true
if ARGV[2] ~= '' then
  entry.accepted = tonumber(ARGV[2]) > tonumber(redis.call('GET', KEYS[2]) or '0')
  if entry.accepted then redis.call('SET', KEYS[2], ARGV[2], 'EX', 600) end
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
      const names = [`${prefix}-history:${key}`, `${prefix}-resource:${key}`];
      // Lua prints numbers with 14 digits: the fencing token travels as text.
      await client.eval(WRITE, 2, ...names, JSON.stringify({ ...entry, fence: 0 }), fence, String(entry.fence));
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
