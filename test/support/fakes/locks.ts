/** A lock service on a {@link FakeStore}, with everything written down that it tells. */
import type { LockDefaults } from '../../../lib/acquire.options.js';
import type { HandOffBudget } from '../../../lib/core/lease/hand-off.js';
import type { LeaseWatcher } from '../../../lib/core/lease/lease-watch.js';
import type { LockOrderMode } from '../../../lib/core/lock-order.js';
import { LockEngine } from '../../../lib/core/engine.js';
import type { Lock } from '../../../lib/lock.js';
import type { LockEvent } from '../../../lib/lock.events.js';
import { LockService } from '../../../lib/lock.service.js';
import { DEFAULT_SETTINGS, resolveSettings } from '../../../lib/core/settings.js';
import { Driver } from '../../../lib/testing/contract/driver.js';
import { FakeStore } from './fake-store.js';

/** What a test plays with. */
export interface Bench {
  readonly store: FakeStore;
  readonly engine: LockEngine;
  readonly locks: LockService;
  /** Somebody else on the same server. */
  readonly rival: Driver;
  readonly events: LockEvent[];
  /** What was written to the log. */
  readonly warnings: readonly string[];
  /** The events of one type. */
  heard<Type extends LockEvent['type']>(type: Type): Extract<LockEvent, { type: Type }>[];
}

/** Opens a service whose ttl is a second unless `defaults` say otherwise. */
export function openLocks(
  defaults: LockDefaults = {},
  shutdownGrace = 10_000,
  store = new FakeStore(),
  handOff?: HandOffBudget,
  lockOrder?: LockOrderMode,
  watcher?: LeaseWatcher,
): Bench {
  const settings = resolveSettings({ ttl: 1_000, ...defaults }, DEFAULT_SETTINGS);
  const engine = new LockEngine({
    store,
    defaults: settings,
    shutdownGrace,
    handOff,
    lockOrder,
    watcher,
    log: (error) => reported.push(error),
    warn: (message) => warnings.push(message),
  });
  const reported: unknown[] = [];
  const warnings: string[] = [];
  const events: LockEvent[] = [];
  engine.events.stream$.subscribe((event) => events.push(event));
  return {
    store,
    engine,
    locks: new LockService(engine),
    rival: new Driver(store.server),
    events,
    warnings,
    heard: <Type extends LockEvent['type']>(type: Type) =>
      events.filter((event): event is Extract<LockEvent, { type: Type }> => event.type === type),
  };
}

/** How a promise stands now. */
export function outcomeOf<T>(promise: Promise<T>): { state: 'pending' | 'resolved' | 'rejected'; value: unknown } {
  const outcome: { state: 'pending' | 'resolved' | 'rejected'; value: unknown } = {
    state: 'pending',
    value: undefined,
  };
  promise.then(
    (value) => Object.assign(outcome, { state: 'resolved', value }),
    (value: unknown) => Object.assign(outcome, { state: 'rejected', value }),
  );
  return outcome;
}

/** The lock that an outcome of `acquire()` is. */
export const lockOf = ({ value }: { readonly value: unknown }): Lock => value as Lock;
