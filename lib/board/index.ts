/** Entry point `nestjs-distributed-lock/board`: a page that shows who holds which key, see `docs/board.md`. */
export { LockBoardModule } from './board.module.js';
export type { LockBoardModuleOptions, LockBoardUser } from './board.options.js';
