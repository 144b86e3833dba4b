/** A resource in Redis, on a connection of its own, that refuses whoever comes with an older fencing token. */
import type { Redis } from 'ioredis';

// KEYS: the resource. ARGV: fencing token, value. A token equal to the last belongs to the same hold.
const WRITE = `
local last = redis.call('HGET', KEYS[1], 'fence')
if last and tonumber(last) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], 60000)
return 1
`;

export interface Resource {
  /** Whether the write was accepted. */
  write(name: string, fencingToken: number, value: string): Promise<boolean>;
}

export function openResource(client: Redis, prefix: string): Resource {
  return {
    write: async (name, fencingToken, value) =>
      (await client.eval(WRITE, 1, `${prefix}-resource:${name}`, fencingToken, value)) === 1,
  };
}
