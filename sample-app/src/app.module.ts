/**
 * The whole application. What concerns locks: `DistributedLockModule` once at the root, and the filter that turns lock
 * errors into 409, 423 and 503.
 */
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { DistributedLockModule, LockExceptionFilter } from 'nestjs-distributed-lock';
import { OfficeConfig } from './office.config.js';
import { Database } from './database/database.js';
import { MemoryDatabase } from './database/memory.database.js';
import { RedisDatabase } from './database/redis.database.js';
import { ExportsController } from './exports/exports.controller.js';
import { ExportsService } from './exports/exports.service.js';
import { Tenants } from './exports/tenants.js';
import { MailroomController } from './mailroom/mailroom.controller.js';
import { MailroomService } from './mailroom/mailroom.service.js';
import { NewsletterController } from './newsletter/newsletter.controller.js';
import { NewsletterJob } from './newsletter/newsletter.job.js';
import { ReportsController } from './reports/reports.controller.js';
import { ReportsService } from './reports/reports.service.js';
import { Bank } from './bank/bank.js';
import { Ledger } from './settlement/ledger.js';
import { SettlementController } from './settlement/settlement.controller.js';
import { SettlementService } from './settlement/settlement.service.js';
import { TicketsController } from './tickets/tickets.controller.js';
import { TicketsService } from './tickets/tickets.service.js';

@Module({})
export class AppModule {
  static forRoot(config: OfficeConfig): DynamicModule {
    const { connection, prefix, office } = config;
    const database = connection === 'memory' ? new MemoryDatabase(prefix) : new RedisDatabase(connection, prefix);
    return {
      module: AppModule,
      imports: [
        ScheduleModule.forRoot(),
        DistributedLockModule.forRoot({
          connection,
          prefix: `${prefix}:lock`,
          application: { name: office, version: '1.0' },
        }),
      ],
      controllers: [
        TicketsController,
        SettlementController,
        ReportsController,
        ExportsController,
        NewsletterController,
        MailroomController,
      ],
      providers: [
        { provide: OfficeConfig, useValue: config },
        { provide: Database, useValue: database },
        { provide: APP_FILTER, useClass: LockExceptionFilter },
        TicketsService,
        SettlementService,
        Ledger,
        Bank,
        ReportsService,
        ExportsService,
        Tenants,
        NewsletterJob,
        MailroomService,
      ],
      exports: [TicketsService],
    };
  }
}
