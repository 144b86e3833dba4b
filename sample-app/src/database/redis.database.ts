/** The database on Redis, over a connection of its own. */
import type { OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Database } from './database.js';

// KEYS[1] the record · ARGV[1] the value · ARGV[2] the writer's fencing token · returns 1 when written, 0 when refused
const WRITE_FENCED = `
local seen = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0')
if tonumber(ARGV[2]) < seen then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'fence', ARGV[2])
return 1
`;

export class RedisDatabase extends Database implements OnApplicationShutdown {
  private readonly redis: Redis;

  constructor(url: string, prefix: string) {
    super();
    this.redis = new Redis(url, { keyPrefix: `${prefix}:data:` });
  }

  override read(name: string): Promise<string | null> {
    return this.redis.get(name);
  }

  override async write(name: string, value: string): Promise<void> {
    await this.redis.set(name, value);
  }

  override async append(list: string, value: string): Promise<void> {
    await this.redis.rpush(list, value);
  }

  override list(list: string): Promise<string[]> {
    return this.redis.lrange(list, 0, -1);
  }

  override async remove(...names: string[]): Promise<void> {
    await this.redis.del(...names);
  }

  override async writeFenced(name: string, value: string, fencingToken: number): Promise<boolean> {
    return (await this.redis.eval(WRITE_FENCED, 1, name, value, fencingToken)) === 1;
  }

  override readFenced(name: string): Promise<string | null> {
    return this.redis.hget(name, 'value');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.redis.quit();
  }
}
