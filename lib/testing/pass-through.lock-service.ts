/**
 * The double for unit tests of classes that inject a `LockService`. It is the real service on a store that grants everything,
 * so what the service learns, its double can: nothing is imitated.
 */
import { Injectable, Logger } from '@nestjs/common';
import type { AcquireOptions } from '../acquire.options.js';
import { LockEngine } from '../core/engine.js';
import type { LockHandle } from '../core/lock-handle.js';
import { checkCallOptions, DEFAULT_SETTINGS, readBoolean } from '../core/settings.js';
import { LockService } from '../index.js';
import type { LockKeys } from '../index.js';
import type { OptionNames } from '../option-names.js';
import { AdmittingLockStore } from './admitting.lock-store.js';

const logger = new Logger('PassThroughLockService');

/**
 * A `LockService` for which every key is free and no other caller exists: sections run, at once and beside each other, with a
 * `Lock` that is held, grows its fencing token, can be renewed, released and lost by its ttl. Options and keys are checked, and
 * `current()` and re-entry work, as in production. It excludes nobody: where a test is about two callers that meet, take
 * `LockTestingModule`.
 *
 * It needs no module, opens nothing and has nothing to be closed. Make a new one for each test. Its methods are those of a
 * class, so that spies can be put on them, and an automock can be made of it.
 *
 * @example
 * ```ts
 * const locks = new PassThroughLockService();
 * const orders = bindLocks(new Orders(locks), locks);
 *
 * // with Nest
 * providers: [Orders, { provide: LockService, useClass: PassThroughLockService }];
 *
 * // with spies on every method
 * const spied = createMock<LockService>(new PassThroughLockService() as object);
 * ```
 */
@Injectable()
export class PassThroughLockService extends LockService {
  constructor() {
    super(new PassThroughEngine());
  }
}

/** Callers of one process queue for a key before the store is asked, unless each has a place of its own. */
class PassThroughEngine extends LockEngine {
  constructor() {
    super({
      store: new AdmittingLockStore(),
      defaults: DEFAULT_SETTINGS,
      shutdownGrace: 0,
      log: (error) =>
        logger.error('A listener of events$ or of a leadership failed', (error as Error | null)?.stack ?? error),
      warn: (message) => logger.warn(message),
    });
  }

  override async acquire(
    owner: object,
    asked: LockKeys,
    options: AcquireOptions,
    known?: OptionNames,
  ): Promise<LockHandle> {
    // Before they are copied: a copy of what is no object would be one.
    if (known) checkCallOptions(options, known, 'acquire()');
    readBoolean('fair', options.fair, false);
    return super.acquire(owner, asked, { ...options, fair: true }, known);
  }
}
