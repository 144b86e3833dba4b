/**
 * What is public, and nothing else.
 */
export { DistributedLockModule } from './distributed-lock.module.js';
export type { DistributedLockModuleAsyncOptions } from './distributed-lock.module.js';
export type {
  ApplicationOptions,
  DistributedLockModuleExtras,
  DistributedLockModuleOptions,
  DistributedLockOptionsFactory,
  HandOffOptions,
  HeartbeatMode,
} from './distributed-lock.options.js';

export { LockService } from './lock.service.js';
export type { LockOrderMode } from './core/lock-order.js';
export type { OnceOptions, OnceOutcome } from './core/once.js';
export type { LockOutcome } from './core/section.js';
export type { SingleFlight } from './core/single-flight.js';
export type { Lock, UpgradeOptions } from './lock.js';
export { getLockServiceToken, getLockStoreToken, InjectLockService } from './lock.tokens.js';
export type {
  AcquireOptions,
  LockDefaults,
  LockedReturns,
  LockKeyRequest,
  LockKeys,
  LockMode,
  OnBusy,
  OnLost,
  ReleaseMode,
  ShareOptions,
  WithLockOptions,
} from './acquire.options.js';
export type { Duration } from './duration.js';
export type { OrText } from './option-text.js';

export { Locked } from './locked/locked.decorator.js';
export type { LockedOptions, LockedSignal, LockedUnless, OfCall } from './locked/locked.options.js';
export type { LockedDecorator } from './locked/locked.types.js';
export { bindLocks } from './locked/bind-locks.js';
export { formatKey } from './locked/key-template.js';
export type { KeyFunction, KeySpec } from './locked/key-template.types.js';

export {
  isLockError,
  LockBusyError,
  LockError,
  LockKeyError,
  LockLostError,
  LockNotHeldError,
  LockOptionsError,
  LockShutdownError,
  LockTimeoutError,
  LockUnavailableError,
} from './lock.errors.js';
export type { LockErrorByCode, LockErrorCode, LockErrorDetails, LossReason } from './lock.errors.js';
export type * from './lock.events.js';
export { LOCK_CHANNELS } from './lock.channels.js';
export type { AroundSection, LockAcquireMessage, LockHoldMessage, LockStoreMessage } from './lock.channels.js';
export type * from './lock.operations.js';
export type { Leadership, LeadershipState, LeadOptions, LeadWork } from './lock.leadership.js';
export type { LockExceptionFilterOptions } from './http/lock-answers.js';
export { LockExceptionFilter } from './http/lock-exception.filter.js';

export { MemoryLeases } from './stores/memory/memory-leases.js';
export { MemoryLockStore } from './stores/memory/memory.lock-store.js';
export type * from './stores/lock-store.js';
export * from './stores/protocol.js';
export type { RedisClient, RedisConnection } from './stores/redis/redis-client.js';
