/** Plays a schedule: processes, what their callers do, and what befalls them; in the end nothing may be left. */
import { DEFAULT_TIMING, SHARED_FENCE_BLOCK, WAITER_HEARTBEAT } from '../../../lib/stores/protocol.js';
import { MemoryLeases } from '../../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../../lib/stores/memory/memory.lock-store.js';
import type { Caller } from './caller.js';
import { Conduct } from './conduct.js';
import { Conversions } from './conversions.js';
import { TIME_LIMIT } from './faulty-store.js';
import { MarginWatch } from './margin-watch.js';
import { ServerLine } from './server-line.js';
import { SimulatedProcess } from './simulated-process.js';
import { KEYS } from './steps.js';
import type { Schedule, Step, Trouble } from './steps.js';
import { installClocks, Machine, World } from './virtual-world.js';
import { LOOKS_WITHIN, Witness } from './witness.js';

/** Until nothing that was under way can still have consequences. */
const LONG_AFTER = 30_000;
const LONGEST_FREEZE = 4_000;

/** Plays a schedule; answers what went against the promises. */
export async function play(schedule: Schedule, trouble: Trouble): Promise<string[]> {
  const scene = new Scene(schedule, trouble);
  const restore = installClocks(() => scene.world, schedule.chance);
  const unhandled = (reason: unknown): void => scene.witness.fault(`unhandled rejection: ${String(reason)}`);
  process.on('unhandledRejection', unhandled);
  try {
    scene.open();
    for (const step of schedule.steps) await scene.take(step);
    await scene.end();
  } finally {
    process.off('unhandledRejection', unhandled);
    restore();
  }
  return scene.witness.faults;
}

class Scene {
  readonly world = new World(() => this.witness.look());
  readonly witness: Witness;
  private readonly leases = new MemoryLeases();
  private readonly serverMachine = new Machine(this.world);
  private readonly server = new MemoryLockStore(this.leases);
  private readonly line: ServerLine;
  private readonly conduct: Conduct;
  private readonly conversions: Conversions;
  private readonly processes: SimulatedProcess[] = [];
  private readonly isCalm: boolean;
  private readonly latency: number;
  private born = 0;
  /** The longest that a lock that is given away may be on its way. */
  private arrivals = 0;

  constructor(
    private readonly schedule: Schedule,
    trouble: Trouble,
  ) {
    const { processes, handOff } = schedule;
    this.isCalm = trouble === 'nothing';
    this.latency = Math.max(...processes.map(({ latency }) => latency));
    const roundTrips = 8 * this.latency + 20;
    const longestIdle = {
      nothing: roundTrips,
      deafness: WAITER_HEARTBEAT + roundTrips,
      connections: Infinity,
      anything: Infinity,
    };
    const promises = { isCalm: this.isCalm, longestIdle: longestIdle[trouble] };
    const isOnline = trouble === 'nothing' || trouble === 'deafness';
    const margins = new MarginWatch(this.world, isOnline ? roundTrips : undefined);
    this.witness = new Witness(this.world, KEYS, promises, handOff, margins);
    const isShared = schedule.steps.some((step) => step.do === 'acquire' && Object.keys(step.wish.share).length > 0);
    this.line = new ServerLine(Math.max(handOff.count + 1, isShared ? SHARED_FENCE_BLOCK : 0), (text) => {
      if (this.isCalm) this.witness.fault(text);
    });
    this.conduct = new Conduct(this.witness, this.line, this.isCalm, this.latency);
    this.conversions = new Conversions(this.conduct, this.witness, this.isCalm);
  }

  open(): void {
    this.schedule.processes.forEach((_, i) => this.start(i));
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'pass':
        return this.world.pass(step.time);
      case 'acquire': {
        const running = this.processes[step.process]!;
        this.world.plan(0, running.machine, () => this.conduct.acquire(running, step.wish));
        break;
      }
      case 'release':
        this.tell(step.caller, (caller) => this.conduct.finish(caller));
        break;
      case 'cancel':
        this.tell(step.caller, (caller) => this.conduct.cancel(caller));
        break;
      case 'look':
        this.tell(step.caller, (caller) => void caller.lock?.isHeld);
        break;
      case 'renew':
        this.tell(step.caller, (caller) => this.conduct.renew(caller, step.ttl));
        break;
      case 'upgrade':
        this.tell(step.caller, (caller) => this.conversions.upgrade(caller, step.wait));
        break;
      case 'downgrade':
        this.tell(step.caller, (caller) => this.conversions.downgrade(caller));
        break;
      case 'move':
        // Detached and adopted by requests, which may each bring no answer.
        this.arrivals = Math.max(this.arrivals, step.time + (this.isCalm ? 6 * this.latency + 20 : 2 * TIME_LIMIT));
        this.tell(step.caller, (caller) =>
          this.conversions.move(caller, step.time, (then) => this.arrive(step.process, step.time, then)),
        );
        break;
      default:
        this.befall(step);
    }
    await this.world.pass(0);
  }

  /** Everybody gives back what he has; then nothing is left, at once if all was well, or else in time. */
  async end(): Promise<void> {
    for (const { store } of this.processes) store.mend();
    // Whoever stands still wakes up first.
    if (!this.isCalm) await this.world.pass(LONGEST_FREEZE);
    await this.world.pass(this.arrivals);
    for (const caller of this.witness.callers) {
      this.world.plan(0, caller.process.machine, () => {
        this.conduct.cancel(caller);
        this.conduct.finish(caller);
      });
    }
    await this.world.pass(10 * this.latency + 20 + Math.max(0, this.witness.excusedUntil - this.world.now));
    if (this.isCalm) await this.expectFree();
    await this.world.pass(LONG_AFTER);
    await this.expectFree();
    for (const { leftovers, name } of this.processes) {
      if (leftovers > 0) this.witness.fault(`${name} remembers ${leftovers} things`);
    }
    const { timers } = this.world;
    if (timers > 0) this.witness.fault(`${timers} timers are left`);
    for (const running of this.processes) this.conduct.follow(running, `close ${running.name}`, running.close());
    await this.world.pass(LONG_AFTER);
    for (const what of this.conduct.unsettled) this.witness.fault(`not settled: ${what}`);
  }

  private start(i: number): void {
    const name = `P${(this.born += 1)}`;
    const plan = this.schedule.processes[i]!;
    const { world, serverMachine, leases, line } = this;
    this.processes[i] = new SimulatedProcess(name, plan, world, serverMachine, leases, line, this.schedule.handOff);
  }

  /** Something goes wrong. */
  private befall(step: Extract<Step, { do: 'fate' | 'cut' | 'break' | 'freeze' | 'crash' }>): void {
    const { machine, store } = this.processes[step.process]!;
    if (step.do === 'fate') store.fates.next(step.kind, step.fate);
    if (step.do === 'cut') store.cut(step.time, step.way);
    if (step.do === 'break') store.break(step.replay);
    if (step.do === 'freeze' && machine.isRunning) {
      this.world.freeze(machine, step.time, step.timersFirst, () => {
        for (const caller of this.witness.callers) {
          if (caller.process.machine === machine) caller.stoodStill();
        }
      });
    }
    if (step.do === 'crash') {
      this.world.crash(machine);
      const dead = this.witness.callers.filter(({ process, state }) => process.machine === machine && state !== 'over');
      const longest = Math.max(0, ...dead.map(({ wish }) => wish.ttl + wish.minHold + wish.lockDelay)) + LOOKS_WITHIN;
      const each = DEFAULT_TIMING.claimWindow + LOOKS_WITHIN + WAITER_HEARTBEAT;
      this.witness.excuse({ keys: KEYS }, this.world.now + longest + dead.length * each);
      this.start(step.process);
    }
  }

  /** A lock that was given away comes to a process. */
  private arrive(index: number, time: number, then: (to: SimulatedProcess) => void): void {
    this.world.plan(time, undefined, () => {
      const to = this.processes[index]!;
      this.world.plan(0, to.machine, () => then(to));
    });
  }

  private tell(index: number, what: (caller: Caller) => void): void {
    const { callers } = this.witness;
    const caller = callers.at(-1 - (index % Math.max(1, callers.length)));
    if (caller) this.world.plan(0, caller.process.machine, () => what(caller));
  }

  private async expectFree(): Promise<void> {
    for (const { key, holders, waiting } of await this.world.on(this.serverMachine, () => this.server.inspect(KEYS))) {
      if (holders.length > 0 || waiting.length > 0) {
        this.witness.fault(`${key} has ${holders.length} holders and ${waiting.length} waiters`);
      }
    }
  }
}
