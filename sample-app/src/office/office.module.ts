/** The application, with the board and a crowd. */
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { LockBoardModule } from 'nestjs-distributed-lock/board';
import { AppModule } from '../app.module.js';
import type { OfficeConfig } from '../office.config.js';
import { Crowd } from './crowd.js';

@Module({})
export class OfficeModule {
  static forRoot(config: OfficeConfig): DynamicModule {
    return {
      module: OfficeModule,
      imports: [
        AppModule.forRoot(config),
        // It listens on this machine only, and anybody here may take keys away. A real application has guards.
        LockBoardModule.forRoot({ path: 'locks', readOnly: false, guards: [], user: () => 'a person at the office' }),
      ],
      providers: [Crowd],
    };
  }
}
