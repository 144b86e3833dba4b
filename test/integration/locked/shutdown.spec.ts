/** What a locked method does when its lock is refused because the application shuts down, for each `onBusy`. */
import { Injectable, Logger } from '@nestjs/common';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { jest } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, Observable, of, take, toArray } from 'rxjs';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { freshPrefix } from '../../support/servers/run-server.js';
import { lockModule, start, startWith } from '../../support/apps/apps.js';
import { isFree, keyBecomes, rejection, until } from '../../support/waiting.js';

const NEVER = '0 0 1 1 *';

@Injectable()
class Reports {
  bodies = 0;
  fallbacks = 0;

  constructor(readonly locks: LockService) {}

  @Cron(NEVER, { name: 'quiet' })
  @Locked('report', { wait: Infinity, onBusy: 'skip' })
  async promiseSkip(): Promise<void> {
    this.bodies++;
  }

  @Locked('report', { wait: Infinity, onBusy: 'skip' })
  observableSkip(): Observable<number> {
    return of(this.bodies++);
  }

  @Locked('report', { wait: Infinity, onBusy: 'skip' })
  async *generatorSkip(): AsyncGenerator<number, void> {
    yield this.bodies++;
  }

  @Cron(NEVER, { name: 'loud' })
  @Locked('report')
  async promise(): Promise<void> {
    this.bodies++;
  }

  @Locked('report', {
    onBusy(this: Reports) {
      this.fallbacks++;
    },
  })
  async promiseInstead(): Promise<void> {
    this.bodies++;
  }

  @Locked('report', {
    onBusy(this: Reports) {
      return of(this.fallbacks++);
    },
  })
  observableInstead(): Observable<number> {
    return of(this.bodies++);
  }

  @Locked('report', {
    async *onBusy(this: Reports) {
      yield this.fallbacks++;
    },
  })
  async *generatorInstead(): AsyncGenerator<number> {
    yield this.bodies++;
  }

  /** Each kind of method, skipped: nothing, no value, no step. */
  async skipped(): Promise<unknown[]> {
    return Promise.all([
      this.promiseSkip(),
      lastValueFrom(this.observableSkip().pipe(toArray())),
      this.generatorSkip().next(),
    ]);
  }
}

const NOTHING = [undefined, [], { done: true, value: undefined }];

async function startReports(options: Parameters<typeof lockModule>[0] = {}) {
  const app = await start({ imports: [lockModule(options), ScheduleModule.forRoot()], providers: [Reports] });
  return { app, reports: app.get(Reports) };
}

it("'skip': a call that comes too late is left out quietly", async () => {
  const { app, reports } = await startReports();
  await app.close();
  expect(await reports.skipped()).toEqual(NOTHING);
  expect(reports.bodies).toBe(0);
});

it("'skip': so is one whose wait the shutdown ends", async () => {
  const shared = { prefix: freshPrefix() };
  const [{ app, reports }, other] = [await startReports(shared), await startWith(Reports, shared)];
  const lock = await other.locks.acquire('report');
  const inLine = firstValueFrom(
    reports.locks.events$.pipe(
      filter(({ type }) => type === 'waiting'),
      take(3),
      toArray(),
    ),
  );
  const skipped = reports.skipped();
  await inLine;
  await app.close();
  expect(await skipped).toEqual(NOTHING);
  expect(reports.bodies).toBe(0);
  await lock.release();
  await keyBecomes(other.locks, 'report', isFree);
});

it('a function: nothing new is begun, and the caller learns why', async () => {
  const { app, reports } = await startReports();
  await app.close();
  for (const call of [
    () => reports.promiseInstead(),
    () => lastValueFrom(reports.observableInstead()),
    () => reports.generatorInstead().next(),
  ]) {
    expect(await rejection(call())).toMatchObject({ code: 'LOCK_SHUTDOWN' });
  }
  expect([reports.bodies, reports.fallbacks]).toEqual([0, 0]);
});

it("a scheduled job whose time comes during the shutdown logs no error with 'skip'", async () => {
  const { app, reports } = await startReports();
  const [quiet, loud] = ['quiet', 'loud'].map((name) => app.get(SchedulerRegistry).getCronJob(name));
  const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  await app.close();
  void quiet!.fireOnTick();
  void loud!.fireOnTick();
  // The other job tells that the first has had its turn.
  await until(() => logged.mock.calls.length > 0);
  expect(logged.mock.calls).toEqual([[expect.objectContaining({ code: 'LOCK_SHUTDOWN' })]]);
  logged.mockRestore();
  expect(reports.bodies).toBe(0);
});
