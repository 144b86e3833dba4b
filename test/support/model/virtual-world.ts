/**
 * A world of its own time: happenings in order, and machines with clocks of their own on which code runs. What a machine
 * does (its timers, what it is told) waits while it is frozen, and never happens once it has crashed. Which machine code
 * runs on is told by the async context, so many engines can live in one real process without knowing of it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly machine: Machine | undefined;
  readonly isTimer: boolean;
  readonly run: () => void;
}

/** Where code runs. */
export class Machine {
  isAlive = true;
  isFrozen = false;
  private reads = 0;
  /** What would have happened while it was frozen. */
  readonly missed: Happening[] = [];

  /** @param rate - how fast its clock goes; 1 is the world's own pace. @param offset - what its clock shows at the start. */
  constructor(
    private readonly world: World,
    readonly rate = 1,
    private readonly offset = 0,
  ) {}

  /** Its monotonic clock. */
  get now(): number {
    return this.offset + this.world.now * this.rate + this.reads * READING_TAKES;
  }

  /** Looks at the clock, which takes a moment: no two looks show the same. */
  readClock(): number {
    this.reads += 1;
    return this.now;
  }

  get isRunning(): boolean {
    return this.isAlive && !this.isFrozen;
  }
}

const where = new AsyncLocalStorage<Machine>();
const turn = globalThis.setImmediate;
/** Milliseconds. */
const READING_TAKES = 1e-6;
/** The first moment of every machine's wall clock. */
const EPOCH = 1_700_000_000_000;

export class World {
  now = 0;
  private order = 0;
  private readonly coming: Happening[] = [];

  /** @param settled - called whenever everything that one happening has led to is done. */
  constructor(private readonly settled: () => void) {}

  /** Runs code on a machine. */
  on<Result>(machine: Machine, code: () => Result): Result {
    return where.run(machine, code);
  }

  /** Plans a happening; answers how to call it off. */
  plan(delay: number, machine: Machine | undefined, run: () => void, isTimer = false): () => void {
    const happening = { at: this.now + Math.max(0, delay), order: (this.order += 1), machine, isTimer, run };
    this.insert(happening);
    return () => {
      for (const list of machine ? [this.coming, machine.missed] : [this.coming]) {
        const index = list.indexOf(happening);
        if (index >= 0) list.splice(index, 1);
      }
    };
  }

  /** Lets time pass, and everything happen that it brings. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (let next = this.coming[0]; next && next.at <= end; next = this.coming[0]) {
      this.coming.shift();
      this.now = Math.max(this.now, next.at);
      await this.happen(next);
    }
    this.now = end;
    await new Promise((resolve) => turn(resolve));
    this.settled();
  }

  /** Stops everything on a machine for a while; afterwards either its timers or its messages come first. */
  freeze(machine: Machine, milliseconds: number, timersFirst: boolean, thawed: () => void): void {
    machine.isFrozen = true;
    this.plan(milliseconds, undefined, () => {
      machine.isFrozen = false;
      thawed();
      const missed = machine.missed.splice(0).sort((a, b) => a.at - b.at || a.order - b.order);
      const inOrder = [...missed.filter((each) => each.isTimer), ...missed.filter((each) => !each.isTimer)];
      for (const { run, isTimer } of timersFirst ? inOrder : missed) this.plan(0, machine, run, isTimer);
    });
  }

  /** Ends a machine: nothing happens on it any more. */
  crash(machine: Machine): void {
    machine.isAlive = false;
  }

  /** Timers that are set on machines that live. */
  get timers(): number {
    return this.coming.filter(({ machine, isTimer }) => isTimer && machine?.isAlive).length;
  }

  private async happen({ machine, run, ...rest }: Happening): Promise<void> {
    if (machine && !machine.isAlive) return;
    if (machine?.isFrozen) {
      machine.missed.push({ machine, run, ...rest });
      return;
    }
    if (machine) where.run(machine, run);
    else run();
    await new Promise((resolve) => turn(resolve));
    this.settled();
  }

  private insert(happening: Happening): void {
    let [low, high] = [0, this.coming.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.coming[middle]!.at <= happening.at) low = middle + 1;
      else high = middle;
    }
    this.coming.splice(low, 0, happening);
  }
}

/** Gives code on machines their clocks, timers and dice; other code keeps the real ones. Answers how to undo it. */
export function installClocks(world: () => World, chance: number): () => void {
  const real = { setTimeout, clearTimeout, setImmediate, dateNow: Date.now, now: performance.now, random: Math.random };
  let state = chance;
  const timer = (delay: number, run: () => void): object => {
    const machine = where.getStore()!;
    const callOff = world().plan(delay / machine.rate, machine, run, true);
    return { callOff, ref: () => undefined, unref: () => undefined };
  };
  const virtual = {
    setTimeout: (run: () => void, delay = 0) =>
      where.getStore() ? timer(Math.max(1, Math.trunc(delay)), run) : real.setTimeout(run, delay),
    setImmediate: (run: () => void) => (where.getStore() ? timer(0, run) : real.setImmediate(run)),
    clearTimeout: (handle: NodeJS.Timeout | { callOff(): void } | undefined) => {
      if (handle && 'callOff' in handle) handle.callOff();
      else real.clearTimeout(handle);
    },
  };
  Object.assign(globalThis, virtual);
  Date.now = () => {
    const machine = where.getStore();
    return machine ? EPOCH + machine.now : real.dateNow();
  };
  // Lehmer's generator: the same numbers for the same schedule.
  Math.random = () => (where.getStore() ? (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 : real.random());
  performance.now = () => where.getStore()?.readClock() ?? real.now.call(performance);
  return () => {
    const { dateNow, now, random, ...timers } = real;
    Object.assign(globalThis, timers);
    Date.now = dateNow;
    performance.now = now;
    Math.random = random;
  };
}
