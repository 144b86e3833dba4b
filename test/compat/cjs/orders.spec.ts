/** An application in CommonJS, on a Nest of its own, with the package as published: locks exclude, and HTTP tells. */
import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import { Controller, Get, Injectable, Module, Param, Query } from '@nestjs/common';
import type { INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import {
  DistributedLockModule,
  getLockServiceToken,
  InjectLockService,
  LockBusyError,
  Locked,
  LockExceptionFilter,
  LockService,
} from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';

const connection = process.env['REDIS_URL'] as string;
const prefix = `cjs-${randomUUID()}`;

@Injectable()
class Orders {
  running = 0;
  most = 0;
  finish: () => void = () => {};

  constructor(
    readonly locks: LockService,
    @InjectLockService('borrowed') readonly borrowed: LockService,
  ) {}

  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise(setImmediate);
    this.running--;
    return `${id} ${this.locks.holds(`order:${id}`)}`;
  }

  @Locked('hold:<0>', { wait: 0, instance: 'borrowed' })
  async hold(id: string): Promise<string> {
    await new Promise<void>((resolve) => (this.finish = resolve));
    return id;
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly orders: Orders) {}

  @Locked('http:<0>')
  @Get(':id')
  async read(@Param('id') id: string, @Query('hold') hold?: string): Promise<string> {
    return hold ? this.orders.hold(id) : this.orders.ship(id);
  }
}

function appModule(client: Redis): Type {
  @Module({
    imports: [
      DistributedLockModule.forRoot({ connection, prefix }),
      DistributedLockModule.forRootAsync({ name: 'borrowed', useFactory: () => ({ connection: client, prefix }) }),
    ],
    controllers: [OrdersController],
    providers: [Orders, { provide: APP_FILTER, useClass: LockExceptionFilter }],
  })
  class AppModule {}
  return AppModule;
}

it('runs on the Nest that the run asked for', () => {
  const { version } = require('@nestjs/core/package.json') as { version: string };
  expect(version.split('.')[0]).toBe(process.env['NEST_MAJOR']);
});

describe.each(['Express', 'Fastify'])('an application in CommonJS on %s', (platform) => {
  let app: INestApplication;
  let client: Redis;
  let url: string;

  beforeAll(async () => {
    client = new Redis(connection);
    const options: NestApplicationOptions = { logger: ['error'], abortOnError: false };
    const module = appModule(client);
    app =
      platform === 'Express'
        ? await NestFactory.create(module, options)
        : await NestFactory.create(module, new FastifyAdapter(), options);
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/orders`;
  });

  afterAll(async () => {
    await app.close();
    expect(await client.ping()).toBe('PONG'); // a borrowed client stays open
    client.disconnect();
  });

  it('runs one at a time', async () => {
    const orders = app.get(Orders);
    const results = await Promise.all(Array.from({ length: 5 }, () => orders.ship('1')));
    expect(results).toEqual(Array(5).fill('1 true'));
    expect(orders.most).toBe(1);
  });

  it('excludes what goes through another instance on another client', async () => {
    const orders = app.get(Orders);
    const lock = await orders.locks.acquire('shared');
    await expect(orders.borrowed.acquire('shared', { wait: 0 })).rejects.toThrow(LockBusyError);
    await lock.release();
    expect(app.get(getLockServiceToken('borrowed'))).toBe(orders.borrowed);
  });

  it('answers over HTTP, with 409 while somebody else holds the key', async () => {
    expect(await (await fetch(`${url}/2`)).text()).toBe('2 true');
    const orders = app.get(Orders);
    const lock = await orders.borrowed.acquire('hold:3');
    const busy = await fetch(`${url}/3?hold=1`);
    expect(busy.status).toBe(409);
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await busy.json()).toMatchObject({ code: 'LOCK_BUSY' });
    await lock.release();
  });
});

describe('a unit test in CommonJS', () => {
  it('gets locks that exclude, without a server', async () => {
    const testing = await Test.createTestingModule({
      imports: [LockTestingModule.forRoot(), LockTestingModule.forRoot({ name: 'borrowed' })],
      providers: [Orders],
    }).compile();
    await testing.init();
    const orders = testing.get(Orders);
    await Promise.all([orders.ship('1'), orders.ship('1')]);
    expect(orders.most).toBe(1);
    await testing.close();
  });
});
