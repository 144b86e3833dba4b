/** A job that each process of a fleet is told to do at every tick, some later than others, as their clocks say. */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, CronExpression, ScheduleModule } from '@nestjs/schedule';
import { Redis } from 'ioredis';
import { DistributedLockModule, Locked } from '../../../lib/index.js';
import { serve, settings, tell } from './serve.js';

interface Settings {
  readonly url: string;
  readonly prefix: string;
  readonly ttl: number;
  readonly minHold: number;
  /** How much later its clock strikes. */
  readonly lag: number;
}

const { url, prefix, ttl, minHold, lag } = settings<Settings>();
const client = new Redis(url);
const done = `${prefix}-ticks`;
let lingers = false;

@Injectable()
class Job {
  @Cron(CronExpression.EVERY_SECOND)
  async due(): Promise<void> {
    const tick = Math.round(Date.now() / 1_000);
    await pause(lag);
    await this.run(tick);
  }

  @Locked('tick', { wait: 0, onBusy: 'skip', ttl, minHold })
  async run(tick: number): Promise<void> {
    await client.rpush(done, tick);
    await client.expire(done, 60);
    tell('ran', tick);
    if (lingers) await new Promise(() => undefined);
  }
}

@Module({
  imports: [ScheduleModule.forRoot(), DistributedLockModule.forRoot({ logger: false, connection: url, prefix })],
  providers: [Job],
})
class TicksModule {}

const app = await NestFactory.createApplicationContext(TicksModule, { logger: ['error', 'warn'] });
await app.init();

serve({
  /** Its next run does not end. */
  linger: () => void (lingers = true),
  ticks: async () => (await client.lrange(done, 0, -1)).map(Number),
});
