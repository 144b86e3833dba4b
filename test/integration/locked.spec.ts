/** `@Locked` in real Nest applications on a real Redis: every kind of provider and outcome. */
import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Observable, lastValueFrom, toArray } from 'rxjs';
import { DistributedLockModule, Locked, LockService } from 'nestjs-distributed-lock';

@Injectable()
class Orders {
  running = 0;
  most = 0;

  constructor(readonly locks: LockService) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise((resolve) => setImmediate(resolve));
    this.running--;
    return `${id}:${this.locks.current().key}`;
  }

  @Locked('stream:<0>')
  watch(id: string): Observable<string> {
    return new Observable((subscriber) => {
      subscriber.next(String(this.locks.holds(`stream:${id}`)));
      subscriber.complete();
    });
  }

  @Locked('pages:<0>')
  async *pages(id: string): AsyncGenerator<boolean> {
    yield this.locks.holds(`pages:${id}`);
    yield this.locks.holds(`pages:${id}`);
  }
}

describe('@Locked', () => {
  it('excludes, spans streams and generators, and gives back', async () => {
    const app = await Test.createTestingModule({
      imports: [DistributedLockModule.forRoot({ connection: process.env['REDIS_URL'] })],
      providers: [Orders],
    }).compile();
    await app.init();
    const orders = app.get(Orders);
    expect(await Promise.all(Array.from({ length: 20 }, () => orders.ship('a')))).toEqual(Array(20).fill('a:order:a'));
    expect(orders.most).toBe(1);
    expect(await lastValueFrom(orders.watch('b').pipe(toArray()))).toEqual(['true']);
    const seen: boolean[] = [];
    for await (const held of orders.pages('c')) seen.push(held);
    expect(seen).toEqual([true, true]);
    for (const key of ['order:a', 'stream:b', 'pages:c']) {
      expect(await orders.locks.inspect(key)).toMatchObject({ holder: null, waiting: [] });
    }
    await app.close();
  });
});
