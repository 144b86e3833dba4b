/** Lock services that share one store in memory, as processes share a server. */
import { LockEngine } from '../../../lib/core/engine.js';
import { DEFAULT_SETTINGS, resolveSettings } from '../../../lib/core/settings.js';
import type { LockDefaults } from '../../../lib/acquire.options.js';
import type { LockEvent } from '../../../lib/lock.events.js';
import { LockService } from '../../../lib/lock.service.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../../lib/stores/memory/memory.lock-store.js';

export interface Neighbour {
  readonly engine: LockEngine;
  readonly locks: LockService;
  readonly store: MemoryLockStore;
  readonly events: LockEvent[];
  /** What was written to the log. */
  readonly lines: string[];
}

export function openNeighbours(count: number, defaults: LockDefaults = {}): Neighbour[] {
  const leases = new MemoryLeases();
  return Array.from({ length: count }, (_, i) => {
    const store = new MemoryLockStore(leases);
    const lines: string[] = [];
    const engine = new LockEngine({
      store,
      defaults: resolveSettings({ ttl: 60_000, ...defaults }, DEFAULT_SETTINGS),
      shutdownGrace: 0,
      instance: `n${i}`,
      application: { name: 'shop', version: '1' },
      say: (_level, line) => lines.push(line),
      log: () => undefined,
      warn: () => undefined,
    });
    const events: LockEvent[] = [];
    engine.events.stream$.subscribe((event) => events.push(event));
    return { engine, locks: new LockService(engine), store, events, lines };
  });
}
