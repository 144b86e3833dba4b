/** A process under test: the library's engine on a machine of its own, with a connection of its own. */
import type { HandOffBudget } from '../../../lib/core/lease/hand-off.js';
import { LockEngine } from '../../../lib/core/engine.js';
import { LockService } from '../../../lib/lock.service.js';
import { DEFAULT_SETTINGS } from '../../../lib/core/settings.js';
import type { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { remembered } from '../remembered.js';
import type { Connection, ServerLog } from './connection.js';
import { FaultyStore } from './faulty-store.js';
import { Machine } from './virtual-world.js';
import type { World } from './virtual-world.js';

export interface ProcessPlan extends Connection {
  /** How fast its clock goes. */
  readonly rate: number;
}

export class SimulatedProcess {
  readonly machine: Machine;
  readonly store: FaultyStore;
  readonly locks: LockService;
  private readonly engine: LockEngine;

  constructor(
    readonly name: string,
    readonly plan: ProcessPlan,
    private readonly world: World,
    server: Machine,
    leases: MemoryLeases,
    log: ServerLog,
    handOff: HandOffBudget,
  ) {
    // Clocks of different processes have nothing to do with each other.
    this.machine = new Machine(world, plan.rate, 1_000_000 * Number(name.slice(1)));
    this.store = new FaultyStore(world, this.machine, server, plan, leases, log);
    this.engine = this.on(
      () =>
        new LockEngine({
          store: this.store,
          defaults: DEFAULT_SETTINGS,
          shutdownGrace: 1_000,
          handOff,
          log: throwing,
          warn: throwing,
        }),
    );
    this.locks = new LockService(this.engine);
  }

  on<Result>(code: () => Result): Result {
    return this.world.on(this.machine, code);
  }

  /** Plans something of the process, by its clock. */
  later(delay: number, run: () => void): void {
    this.world.plan(delay / this.machine.rate, this.machine, run);
  }

  close(): Promise<void> {
    return this.on(() => this.engine.close());
  }

  /** How much is left when it should be nothing. */
  get leftovers(): number {
    return remembered(this.engine, ['store', 'events', 'outside', 'timer', 'budget']);
  }
}

function throwing(error: unknown): never {
  throw error;
}
