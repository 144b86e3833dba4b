/** `@Locked` with `@nestjs/schedule` and `@nestjs/event-emitter`: once per fleet, and outside HTTP altogether. */
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { freshPrefix } from '../../support/servers/run-server.js';
import { lockModule, start } from '../../support/apps/apps.js';
import { deferred, isFree, keyBecomes, until } from '../../support/waiting.js';

/** What every application of the fleet has in common. */
class Fleet {
  running = 0;
  most = 0;
  runs = 0;

  async run(): Promise<void> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise((resolve) => setImmediate(resolve));
    this.running--;
    this.runs++;
  }
}

describe('@nestjs/schedule', () => {
  it.each(['above', 'below'])('an interval of several applications never overlaps: @Locked %s', async (place) => {
    @Injectable()
    class Above {
      constructor(readonly fleet: Fleet) {}

      @Locked('report', { wait: 0, onBusy: 'skip' })
      @Interval('report', 2)
      async report(): Promise<void> {
        await this.fleet.run();
      }
    }
    @Injectable()
    class Below {
      constructor(readonly fleet: Fleet) {}

      @Interval('report', 2)
      @Locked('report', { wait: 0, onBusy: 'skip' })
      async report(): Promise<void> {
        await this.fleet.run();
      }
    }
    const fleet = new Fleet();
    const prefix = freshPrefix();
    const apps = [];
    for (let i = 0; i < 3; i++) {
      const imports = [lockModule({ prefix }), ScheduleModule.forRoot()];
      const providers = [place === 'above' ? Above : Below, { provide: Fleet, useValue: fleet }];
      apps.push(await start({ imports, providers }));
    }
    await until(() => fleet.runs >= 20);
    for (const app of apps) {
      app.get(SchedulerRegistry).deleteInterval('report');
      // By the time of this answer those to the job's own requests are there.
      await app.get(LockService).inspect('report');
    }
    expect(fleet.most).toBe(1);
  });

  it('a cron job and a timeout run under their lock', async () => {
    const [timeout, cron] = [deferred<boolean>(), deferred<boolean>()];
    @Injectable()
    class Jobs {
      constructor(readonly locks: LockService) {}

      @Locked('nightly')
      @Cron('0 0 1 1 *', { name: 'nightly' })
      async nightly(): Promise<void> {
        cron.resolve(this.locks.holds('nightly'));
      }

      @Timeout(1)
      @Locked('warmup')
      async warmup(): Promise<void> {
        timeout.resolve(this.locks.holds('warmup'));
      }
    }
    const app = await start({ imports: [lockModule(), ScheduleModule.forRoot()], providers: [Jobs] });
    void app.get(SchedulerRegistry).getCronJob('nightly').fireOnTick();
    expect(await Promise.all([timeout.promise, cron.promise])).toEqual([true, true]);
    await keyBecomes(app.get(LockService), 'nightly', isFree);
  });
});

describe('@nestjs/event-emitter', () => {
  it('listeners run under their lock, one after the other', async () => {
    const fleet = new Fleet();
    const held: boolean[] = [];
    @Injectable()
    class Listener {
      constructor(readonly locks: LockService) {}

      @Locked('order:<0.id>')
      @OnEvent('paid')
      async above(order: { id: string }): Promise<void> {
        held.push(this.locks.holds(`order:${order.id}`));
        await fleet.run();
      }

      @OnEvent('paid')
      @Locked('order:<0.id>')
      async below(order: { id: string }): Promise<void> {
        held.push(this.locks.holds(`order:${order.id}`));
        await fleet.run();
      }
    }
    const app = await start({ imports: [lockModule(), EventEmitterModule.forRoot()], providers: [Listener] });
    for (let i = 0; i < 5; i++) app.get(EventEmitter2).emit('paid', { id: '1' });
    await until(() => fleet.runs === 10);
    expect(held).toEqual(Array(10).fill(true));
    expect(fleet.most).toBe(1);
  });
});
