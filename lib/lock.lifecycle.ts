/**
 * Shutdown in Nest's order. Before the servers close: no more locks, and no request left waiting for one, so that they
 * can close. After: running sections end, what is left is released, and own connections are closed last.
 */
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { LockEngine } from './lock.engine.js';

export class LockLifecycle implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly engine: LockEngine) {}

  beforeApplicationShutdown(): void {
    this.engine.refuse();
  }

  onApplicationShutdown(): Promise<void> {
    return this.engine.close();
  }
}
