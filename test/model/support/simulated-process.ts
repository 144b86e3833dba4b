/** A process under test: the library's engine on a machine of its own, with a connection of its own. */
import type { HandOffBudget } from '../../../lib/line/hand-off.js';
import { LockEngine } from '../../../lib/lock.engine.js';
import { LockService } from '../../../lib/lock.service.js';
import { DEFAULT_SETTINGS } from '../../../lib/lock.settings.js';
import type { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { remembered } from '../../support/remembered.js';
import type { Connection, ServerLog } from './connection.js';
import { FaultyStore } from './faulty-store.js';
import { Machine } from './virtual-world.js';
import type { World } from './virtual-world.js';

export interface ProcessPlan extends Connection {
  /** How fast its clock goes. */
  readonly rate: number;
}

/** What the engine remembers while something is held or waited for. */
interface Memory {
  readonly line: { readonly shared: object; readonly apart: object; readonly places: object; readonly asking: number };
  readonly heartbeat: { readonly beats: object };
  readonly keeper: { readonly kept: object; readonly farewells: number };
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
    this.engine = this.on(() => new LockEngine(this.store, DEFAULT_SETTINGS, 1_000, handOff));
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

  /** Everything that is left when it should be nothing. */
  get leftovers(): Record<string, number> {
    const { line, heartbeat, keeper } = this.engine as unknown as Memory;
    const counts = {
      shared: remembered(line.shared, []),
      apart: remembered(line.apart, []),
      places: remembered(line.places, []),
      asking: line.asking,
      beats: remembered(heartbeat.beats, []),
      kept: remembered(keeper.kept, []),
      farewells: keeper.farewells,
    };
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
  }
}
