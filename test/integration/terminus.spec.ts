/** The health indicator in a real application: up, or down within its own time limit. Nest 10 has no Terminus that fits. */
import { Controller, Get, Inject } from '@nestjs/common';
import { DistributedLockModule, getLockServiceToken, LockService } from 'nestjs-distributed-lock';
import { lockModule, startHttp } from '../support/apps/apps.js';
import { hang, openRedis } from '../support/servers/own-servers.js';
import { rejection } from '../support/waiting.js';

const isThere = process.env['NEST_MAJOR'] !== '10';
const onNest11 = isThere ? describe : describe.skip;
const terminus = (isThere ? await import('@nestjs/terminus') : {}) as typeof import('@nestjs/terminus');
const { LockHealthIndicator } = (
  isThere ? await import('nestjs-distributed-lock/terminus') : {}
) as typeof import('nestjs-distributed-lock/terminus');

/** An application with a health check of the options, and one of the module with a name where there is one. */
async function openApp(imports: object[], options: object, name?: string) {
  @Controller('health')
  class HealthController {
    constructor(
      @Inject(terminus.HealthCheckService) private readonly health: { check(of: unknown[]): Promise<unknown> },
      @Inject(LockHealthIndicator) readonly locks: { pingCheck(key: string, options: object): Promise<unknown> },
      @Inject(getLockServiceToken(name)) private readonly named: LockService,
    ) {}

    @Get()
    check() {
      const asked = name === undefined ? options : { ...options, locks: this.named };
      return this.health.check([() => this.locks.pingCheck('locks', asked)]);
    }
  }
  const { app, url } = await startHttp({
    imports: [terminus.TerminusModule.forRoot({ logger: false }), ...(imports as [])],
    controllers: [HealthController],
    providers: [LockHealthIndicator],
  });
  const get = async () => {
    const response = await fetch(`${url}/health`);
    return { status: response.status, body: (await response.json()) as Record<string, object> };
  };
  return { app, get };
}

onNest11('the health of the lock service (skipped on Nest 10, which has no HealthIndicatorService)', () => {
  it('is up, with the milliseconds that the answer took', async () => {
    const { get } = await openApp([lockModule()], {});
    const { status, body } = await get();
    expect(status).toBe(200);
    expect(body['info']).toEqual({ locks: { status: 'up', responseTime: expect.any(Number) } });
  });

  it('is down within its own time limit while Redis hangs, however long a command may take, and up again after', async () => {
    const redis = await openRedis();
    const { get } = await openApp([lockModule({ connection: redis.url, commandTimeout: '1h' })], { timeout: 200 });
    expect((await get()).status).toBe(200);
    await hang(redis);
    const { status, body } = await get();
    expect(status).toBe(503);
    expect(body['error']).toEqual({ locks: { status: 'down', message: expect.stringContaining('within 200 ms') } });
    redis.resume();
    expect((await get()).status).toBe(200);
  });

  it('is asked of the module with a name by its service, with or without one that has none', async () => {
    const [redis, other] = [await openRedis(), await openRedis()];
    const connectionOf = ({ url }: { readonly url: string }) => ({ connection: url, commandTimeout: '1h' }) as const;
    const reports = DistributedLockModule.forRoot({ name: 'reports', ...connectionOf(redis) });
    const both = await openApp([lockModule(connectionOf(other)), reports], { timeout: 200 }, 'reports');
    const alone = await openApp([reports], { timeout: 200 }, 'reports');
    await hang(other);
    expect([(await both.get()).status, (await alone.get()).status]).toEqual([200, 200]);
    const indicator = alone.app.get(LockHealthIndicator);
    expect(await rejection(indicator.pingCheck('locks'))).toMatchObject({ code: 'LOCK_OPTIONS' });
    for (const options of [{ timout: 1 }, { locks: {} }, { locks: null }, { locks: 'reports' }]) {
      const refused = await rejection(indicator.pingCheck('locks', options as never));
      expect([options, refused]).toEqual([options, expect.objectContaining({ code: 'LOCK_OPTIONS' })]);
    }
  });
});
