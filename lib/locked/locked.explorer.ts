/**
 * Finds the objects with locked methods that Nest holds but did not create (`useFactory`, `useValue`), and gives them
 * their lock service. Classes that Nest creates are injected and need no search. Objects that it can't reach at start-up
 * (request-scoped factories) get a clear error at the first call, see `bindLocks`.
 */
import type { OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { LockService } from '../lock.service.js';
import { serviceProperty } from '../lock.tokens.js';
import { give, neededInstances } from './bind-locks.js';

export class LockedExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly locks: LockService,
    private readonly instance: string | undefined,
  ) {}

  onModuleInit(): void {
    const property = serviceProperty(this.instance);
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance === 'object' && instance !== null && this.isWanting(instance as object, property)) {
        give(instance as object, property, this.locks);
      }
    }
  }

  /**
   * Whether an object lacks its service. Objects may be of any kind, and some throw when they are read:
   * those need none.
   */
  private isWanting(object: object, property: symbol): boolean {
    if (!neededInstances(object).has(this.instance)) return false;
    try {
      const bound = (object as Record<symbol, LockService | undefined>)[property];
      // An object may outlive an application, and be used by the next one.
      return bound === undefined || bound.isClosing === true;
    } catch {
      return false;
    }
  }
}
