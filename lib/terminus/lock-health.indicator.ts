/** The answer to a probe: is the lock service well? It asks what every lock needs, an answer of the store. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { isLockError, LockOptionsError, LockService } from '../index.js';
import type { PingOptions } from '../index.js';
import { messages } from '../lock.messages.js';
import { checkOptionNames, optionNames } from '../option-names.js';

/** Options of {@link LockHealthIndicator.pingCheck}. */
export interface LockPingCheckOptions extends PingOptions {
  /**
   * Whose store is asked, where the module has a name: the service that `@InjectLockService('reports')` injects.
   * @default the `LockService` of the module without a name
   */
  locks?: LockService | undefined;
}

const OPTIONS = optionNames<LockPingCheckOptions>({ timeout: true, locks: true });

/**
 * A health indicator for `@nestjs/terminus` (11 or newer; Nest 10 has no such version). Provide it in a module that imports
 * `TerminusModule`.
 *
 * Use it for readiness. As a liveness probe it would have every instance restarted while Redis is away, which helps
 * nobody: locks recover without a restart.
 *
 * @example
 * ```ts
 * \@Controller('health')
 * export class HealthController {
 *   constructor(
 *     private readonly health: HealthCheckService,
 *     private readonly lockHealth: LockHealthIndicator,
 *     \@InjectLockService('reports') private readonly reports: LockService,
 *   ) {}
 *
 *   \@Get()
 *   \@HealthCheck()
 *   check() {
 *     return this.health.check([
 *       () => this.lockHealth.pingCheck('locks', { timeout: '500ms' }),
 *       () => this.lockHealth.pingCheck('reports', { locks: this.reports }),
 *     ]);
 *   }
 * }
 *
 * \@Module({ imports: [TerminusModule], controllers: [HealthController], providers: [LockHealthIndicator] })
 * export class HealthModule {}
 * ```
 */
@Injectable()
export class LockHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Optional() @Inject(LockService) private readonly locks?: LockService,
  ) {}

  /**
   * Asks the store for an answer. Up, with the `responseTime` in milliseconds; or down, with what went wrong as the
   * `message`. It takes no longer than `timeout` (by default a second), however long a command may take.
   *
   * @param key - under which name the result is shown.
   * @throws `LockOptionsError` for a bad option, or where there is no lock service to ask.
   */
  async pingCheck<const Key extends string>(
    key: Key,
    options: LockPingCheckOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    checkOptionNames(options, OPTIONS, 'pingCheck()');
    const { locks = this.locks, timeout } = options;
    if (!canBeAsked(locks)) {
      throw new LockOptionsError(messages.option('locks', locks, 'the service of a module with a name'));
    }
    const indicator = this.indicators.check(key);
    try {
      const milliseconds = await locks.ping({ timeout });
      return indicator.up({ responseTime: Math.round(milliseconds * 10) / 10 });
    } catch (error) {
      // A bad option says nothing of the store.
      if (!isLockError(error) || error.code === 'LOCK_OPTIONS') throw error;
      return indicator.down(error.message);
    }
  }
}

/** Also one of another copy of this package, or what stands for one in a test. */
function canBeAsked(locks: unknown): locks is LockService {
  return typeof (locks as Partial<LockService> | null | undefined)?.ping === 'function';
}
