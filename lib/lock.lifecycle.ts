/**
 * Shutdown in Nest's order. Before the servers close: no more locks are given out and every wait ends, so that no
 * request keeps a server from closing. After that: running sections end, locks that are left are released, and the
 * connections of the library are closed last.
 */
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { LockEngine } from './core/engine.js';

export class LockLifecycle implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly engine: LockEngine) {}

  beforeApplicationShutdown(): void {
    this.engine.refuse();
  }

  onApplicationShutdown(): Promise<void> {
    return this.engine.close();
  }
}
