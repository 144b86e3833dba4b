/** Options of the module take text, of which the compiler knows nothing; those of a call are checked as they are written. */
import { DistributedLockModule, Locked } from 'nestjs-distributed-lock';
import type {
  AcquireOptions,
  DistributedLockModuleOptions,
  DistributedLockOptionsFactory,
  LockService,
} from 'nestjs-distributed-lock';

/** What libraries of configuration answer. */
declare const config: { get(name: string): string | undefined; getOrThrow(name: string): string };
declare const locks: LockService;

DistributedLockModule.forRoot({
  connection: config.get('REDIS_URL'),
  prefix: config.get('LOCK_PREFIX'),
  ttl: config.get('LOCK_TTL'),
  wait: config.getOrThrow('LOCK_WAIT'),
  maxHold: process.env['LOCK_MAX_HOLD'],
  autoRenew: config.get('LOCK_AUTO_RENEW'),
  commandTimeout: config.get('LOCK_COMMAND_TIMEOUT'),
  shutdownGrace: config.get('LOCK_SHUTDOWN_GRACE'),
  maxKeyBytes: config.get('LOCK_MAX_KEY_BYTES'),
  lockOrder: config.get('LOCK_ORDER'),
  requireConnection: config.get('LOCK_REQUIRE_CONNECTION'),
  logger: config.get('LOCK_LOGGER'),
  handOff: { count: config.get('LOCK_HAND_OFFS'), time: config.get('LOCK_HAND_OFF_TIME') },
});
DistributedLockModule.forRootAsync({ useFactory: () => ({ connection: 'memory', ttl: config.get('LOCK_TTL') }) });
DistributedLockModule.forRootAsync({ useFactory: async () => ({ connection: 'memory', wait: 5, fair: true }) });
export class Factory implements DistributedLockOptionsFactory {
  createLockOptions(): DistributedLockModuleOptions {
    return { connection: config.getOrThrow('REDIS_URL'), ttl: config.get('LOCK_TTL'), logger: false };
  }
}

// @ts-expect-error -- no text
DistributedLockModule.forRoot({ connection: 'memory', ttl: true });
// @ts-expect-error -- no text
DistributedLockModule.forRoot({ connection: 'memory', fair: 1 });
// @ts-expect-error -- no such option
DistributedLockModule.forRoot({ connection: 'memory', tll: config.get('LOCK_TTL') });

// @ts-expect-error -- a call is written in code
export const call: AcquireOptions = { ttl: config.getOrThrow('LOCK_TTL') };
// @ts-expect-error -- as above
void locks.withLock('key', { wait: 'soon' }, () => undefined);
// @ts-expect-error -- as above
Locked('key', { ttl: '30 sacks' });
