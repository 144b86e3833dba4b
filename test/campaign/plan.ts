/** What befalls whom, and when: drawn from a seed, so that it can be drawn again. */
import type { Random } from '../support/random.js';

/** What can be done to the processes, the server and the networks between them. */
export const FAULTS = [
  'worker-kill',
  'worker-stop',
  'worker-block',
  'redis-kill',
  'redis-hang',
  'redis-hang-kill',
  'redis-flush',
  'redis-script-flush',
  'redis-client-kill',
  'net-delay',
  'net-cut',
  'net-refuse',
  'net-die',
  'net-swallow',
  'net-swallow-requests',
  'net-swallow-replies',
  'net-late',
  'net-lose-messages',
] as const;

export type FaultName = (typeof FAULTS)[number];

/** One fault of a plan; times in milliseconds, `at` from the start of the round. */
export interface PlannedFault {
  readonly at: number;
  readonly name: FaultName;
  /** Which worker or whose network; of no meaning for faults of the server. */
  readonly worker: number;
  readonly lasting: number;
}

/** How long faults last, from and to. What is not here is over at once. */
const LASTING: Partial<Record<FaultName, readonly [number, number]>> = {
  'worker-kill': [0, 500],
  'worker-stop': [100, 3_000],
  'worker-block': [50, 1_500],
  'redis-kill': [0, 1_500],
  'redis-hang': [100, 4_000],
  'redis-hang-kill': [300, 9_000],
  'net-delay': [500, 3_000],
  'net-die': [300, 9_000],
  'net-refuse': [200, 11_000],
  'net-swallow': [300, 11_000],
  'net-swallow-requests': [300, 6_000],
  'net-swallow-replies': [300, 6_000],
  'net-late': [200, 2_500],
  'net-lose-messages': [500, 4_000],
};

/** Pauses from one fault to the next. */
const CALM = [100, 900] as const;

export interface PlanOptions {
  readonly lasting: number;
  readonly workers: number;
  /** Which faults to draw from. */
  readonly faults: readonly FaultName[];
}

export function drawPlan(random: Random, { lasting, workers, faults }: PlanOptions): PlannedFault[] {
  const plan: PlannedFault[] = [];
  if (faults.length === 0) return plan;
  const busyUntil = new Map<string, number>();
  for (let at = random.between(...CALM); at < lasting; at += random.between(...CALM)) {
    const name = random.pick(faults);
    const worker = random.between(0, workers - 1);
    const [least, most] = LASTING[name] ?? [0, 0];
    // Short ones are as interesting as long ones, and there is time for more of them.
    const drawn = Math.round(least + (most - least) * random.next() ** (random.chance(0.3) ? 0.5 : 2));
    const fault = { at, name, worker: name === 'worker-kill' ? 0 : worker, lasting: Math.min(drawn, lasting - at) };
    const target = targetOf(fault);
    if ((busyUntil.get(target) ?? 0) > at) continue;
    busyUntil.set(target, at + fault.lasting + 50);
    plan.push(fault);
  }
  return plan;
}

/** Nothing suffers two faults of a kind at the same time. */
export function targetOf({ name, worker }: Pick<PlannedFault, 'name' | 'worker'>): string {
  const [what] = name.split('-');
  return what === 'redis' ? what : `${what} ${worker}`;
}
