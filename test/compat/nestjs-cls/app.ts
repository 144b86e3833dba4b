/** An application with nestjs-cls, strict proxy providers included: it starts, it locks, and the stores keep apart. */
import 'reflect-metadata';

import { deepStrictEqual, strictEqual } from 'node:assert/strict';

import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsModule, ClsService, InjectableProxy, UseCls } from 'nestjs-cls';
import { DistributedLockModule, Locked, LockService } from 'nestjs-distributed-lock';

@InjectableProxy({ strict: true })
class Tenant {
  name = '';
}

const CLIENT = Symbol('client of the tenant');

@Injectable()
class Orders {
  running = 0;
  most = 0;

  constructor(
    readonly locks: LockService,
    readonly cls: ClsService,
    readonly tenant: Tenant,
    @Inject(CLIENT) readonly client: () => string,
  ) {}

  @UseCls<[tenant: string, id: string]>({
    resolveProxyProviders: true,
    setup: (cls, tenant) => cls.set('tenant', tenant),
  })
  async ship(tenant: string, id: string): Promise<string> {
    this.tenant.name = tenant;
    return this.locked(id);
  }

  @Locked('order:<0>')
  async locked(id: string): Promise<string> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise(setImmediate);
    this.running--;
    const held = this.locks.holds(`order:${id}`);
    return [held, this.cls.get('tenant'), this.tenant.name, this.client()].join(' ');
  }
}

@Module({
  imports: [
    ClsModule.forRoot({ global: true }),
    ClsModule.forFeature(Tenant),
    ClsModule.forFeatureAsync({
      provide: CLIENT,
      type: 'function',
      strict: true,
      inject: [ClsService],
      useFactory: (cls: ClsService) => () => `client of ${cls.get('tenant')}`,
    }),
    DistributedLockModule.forRoot({ connection: 'memory' }),
  ],
  providers: [Orders],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
const orders = app.get(Orders);
const seen = await Promise.all([orders.ship('a', '1'), orders.ship('b', '1'), orders.ship('c', '1')]);
deepStrictEqual(
  seen,
  ['a', 'b', 'c'].map((tenant) => `true ${tenant} ${tenant} client of ${tenant}`),
);
strictEqual(orders.most, 1);
await app.close();
