/** The module that applications import for the board. */
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { LockService } from '../lock.service.js';
import { serviceToken } from '../lock.tokens.js';
import { boardController } from './board.controller.js';
import { readBoardOptions } from './board.options.js';
import type { BoardSettings, LockBoardModuleOptions } from './board.options.js';
import { LockBoard } from './lock-board.js';

/**
 * A page that shows which keys are held and waited for, by which processes, since when; live, and without cost while nobody
 * looks. It is read-only unless said otherwise, and behind the guards that you give it.
 *
 * @example
 * ```ts
 * \@Module({
 *   imports: [
 *     DistributedLockModule.forRoot({ connection: 'redis://localhost:6379' }),
 *     LockBoardModule.forRoot({ path: 'admin/locks', guards: [AdminGuard] }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class LockBoardModule {
  /**
   * Adds the board to the application. Several may be imported, each with a path of its own.
   *
   * @throws `LockOptionsError`, at start-up, for a bad option.
   */
  static forRoot(options: LockBoardModuleOptions): DynamicModule {
    let settings: BoardSettings;
    try {
      settings = readBoardOptions(options);
    } catch (problem) {
      return { module: LockBoardModule, providers: [refusing(problem)] };
    }
    const { name, isReadOnly } = settings;
    return {
      module: LockBoardModule,
      imports: options.imports ?? [],
      controllers: [boardController(settings)],
      providers: [
        {
          provide: LockBoard,
          useFactory: (locks: LockService) => new LockBoard(locks, name ?? 'default', isReadOnly),
          inject: [serviceToken(name)],
        },
      ],
    };
  }
}

/** A bad option fails the start of the application, not the loading of the file in which it is written. */
function refusing(problem: unknown) {
  const useFactory = (): never => {
    throw problem;
  };
  return { provide: LockBoard, useFactory };
}
