/** Callers that need the same result, which one of them makes and leaves where all processes look. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { serve, settings, tell } from './serve.js';

const { url, prefix, ttl } = settings<{ url: string; prefix: string; ttl: number }>();
const module = DistributedLockModule.forRoot({ logger: false, connection: url, prefix, ttl, wait: '20s' });
const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
const locks = app.get(LockService);
const client = new Redis(url);

/** What becomes of runs. */
interface Fate {
  readonly held?: boolean;
  readonly failing?: number;
}

serve({
  /**
   * So many callers at once; answers what each got. A run may be `held` for ever, and the first `failing` ones of
   * the fleet fail.
   */
  fly: async (key: string, callers: number, { held, failing = 0 }: Fate = {}) => {
    const [result, runs] = [`${prefix}-result:${key}`, `${prefix}-runs:${key}`];
    const read = async (): Promise<string | undefined> => (await client.get(result)) ?? undefined;
    const run = async (): Promise<string> => {
      const count = await client.incr(runs);
      await client.expire(runs, 60);
      tell('running', key);
      if (held) await new Promise(() => undefined);
      if (count <= failing) throw Object.assign(new Error('no luck'), { code: `FAILED_${count}` });
      await client.set(result, `made by run ${count}`, 'EX', 60);
      return `made by run ${count}`;
    };
    const flights = Array.from({ length: callers }, () => locks.singleFlight(key, { read, run }));
    const settled = await Promise.allSettled(flights);
    return settled.map((each) =>
      each.status === 'fulfilled' ? each.value : ((each.reason as { code?: string }).code ?? String(each.reason)),
    );
  },
  runs: async (key: string) => Number(await client.get(`${prefix}-runs:${key}`)),
});
