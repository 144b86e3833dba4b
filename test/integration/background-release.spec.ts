/** `release: 'background'` on a real server: order, shutdown, and every kind of method. */
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { concatMap, lastValueFrom, of } from 'rxjs';
import type { Observable } from 'rxjs';
import { lockModule, start } from '../support/apps/apps.js';
import { isFree, keyBecomes } from '../support/waiting.js';

const BACKGROUND = { release: 'background', wait: 0 } as const;

@Injectable()
class Work {
  @Locked('work', BACKGROUND)
  async promise(): Promise<number> {
    return 1;
  }

  @Locked('work', { ...BACKGROUND, returns: 'observable' })
  observable(): Observable<number> {
    return of(1, 2).pipe(concatMap(async (value) => value));
  }

  @Locked('work', BACKGROUND)
  async *generator(): AsyncGenerator<number> {
    yield 1;
  }
}

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe('a release in the background', () => {
  it('comes before the next request for the key, so that a caller that does not wait is never refused', async () => {
    const app = await start({ imports: [lockModule({ release: 'background' })], providers: [Work] });
    const [locks, work] = [app.get(LockService), app.get(Work)];
    for (let i = 0; i < 100; i++) {
      await work.promise();
      await lastValueFrom(work.observable());
      await drained(work.generator());
      await locks.withLock(['work', 'b', { key: 'c', mode: 'read' }], { wait: 0 }, async () => undefined);
    }
    await keyBecomes(locks, 'work', isFree);
  });

  it('reaches the server before the application has closed', async () => {
    const prefix = `background-${process.pid}-${Date.now()}`;
    const other = (await start({ imports: [lockModule({ prefix })] })).get(LockService);
    const app = await start({ imports: [lockModule({ prefix, release: 'background', ttl: '60s' })] });
    const locks = app.get(LockService);
    await Promise.all(Array.from({ length: 50 }, (_, i) => locks.withLock(`key:${i}`, async () => i)));
    await app.close();
    for (let i = 0; i < 50; i++) expect(isFree(await other.inspect(`key:${i}`))).toBe(true);
  });
});
