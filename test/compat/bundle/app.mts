/** What a bundled and minified application sees of the package; it prints that as a line of JSON. */
import 'reflect-metadata';

import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, LockBusyError, Locked, LockService } from 'nestjs-distributed-lock';

import required from './legacy.cjs';

@Injectable()
class Orders {
  running = 0;
  most = 0;

  constructor(readonly locks: LockService) {}

  @Locked('bundle:<0>')
  async ship(id: string): Promise<boolean> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise(setImmediate);
    this.running--;
    return this.locks.holds(`bundle:${id}`);
  }
}

@Module({
  imports: [
    DistributedLockModule.forRoot({
      connection: process.env['REDIS_URL'] as string,
      prefix: process.env['LOCK_PREFIX'] as string,
    }),
  ],
  providers: [Orders],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
  const orders = app.get(Orders);
  const shipped = await Promise.all(Array.from({ length: 5 }, () => orders.ship('1')));
  const lock = await orders.locks.acquire('bundle:1');
  const busy: unknown = await orders.locks.acquire('bundle:1', { wait: 0 }).catch((error: unknown) => error);
  await lock.release();
  await app.close();
  const facts = {
    shipped: shipped.filter((held) => held).length,
    most: orders.most,
    busyName: (busy as Error).name,
    sameClass: busy instanceof LockBusyError && required.LockBusyError === LockBusyError,
  };
  console.log(JSON.stringify(facts));
}

void main();
