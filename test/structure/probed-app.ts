/** A running Nest application with one locked method, for `moves.mjs`, which compiles it beside the library with probes. */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedLockModule, Locked } from '../../lib/index.js';

@Injectable()
class Orders {
  @Locked('order:<0>')
  async ship(id: string): Promise<string> {
    return id;
  }
}

/** Starts it with locks on a server, or in memory; answers a call of the locked method, and how to stop. */
export async function startApp(
  connection: string,
  prefix: string,
): Promise<{ call(): Promise<unknown>; close(): Promise<void> }> {
  @Module({ imports: [DistributedLockModule.forRoot({ connection, prefix })], providers: [Orders] })
  class App {}

  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const orders = app.get(Orders);
  return { call: () => orders.ship('42'), close: () => app.close() };
}
