/** One round: a server, a fleet, faults, and the judgement. */
import { setTimeout as pause } from 'node:timers/promises';
import { startRedis } from '../../sample-app/redis/redis-server.mjs';
import { aftermath, LIMITS } from './aftermath.js';
import type { Limits } from './aftermath.js';
import { Fleet } from './fleet.js';
import type { DataLoss } from './history/entry.js';
import { openFlawedLooks, openLooks } from './looks.js';
import { carryOut } from './mishaps.js';
import { drawPlan } from './plan.js';
import type { FaultName, PlannedFault } from './plan.js';
import { Random } from '../support/random.js';
import type { Fault } from './verdict/fault.js';
import { judge } from './verdict/verdict.js';
import type { Verdict } from './verdict/verdict.js';
import type { Flaw } from './worker/settings.js';

export interface RoundOptions {
  readonly seed: number;
  /** How long there are faults. */
  readonly seconds: number;
  readonly faults: readonly FaultName[];
  /** The path of the compiled worker. */
  readonly program: string;
  readonly workers?: number;
  readonly callers?: number;
  readonly mischief?: boolean;
  /** A control: what is wrong with its workers, in turn. */
  readonly flaws?: readonly Flaw[];
  readonly limits?: Limits;
  /** Keep the histories of a round that failed. */
  readonly keep?: boolean;
}

export interface RoundReport {
  readonly plan: readonly PlannedFault[];
  readonly faults: readonly Fault[];
  readonly counts: Verdict['counts'];
  /** Where the histories are, when they were kept. */
  readonly folder: string | null;
}

/** Work before the first fault and after the last. */
const CALM_MS = 500;

const HOT = ['hot-1', 'hot-2'];
const LONG_LEASES = [0.05, 0.2, 0.5];
const COLD = Array.from({ length: 14 }, (_, i) => `cold-${i}`);

export async function playRound(options: RoundOptions): Promise<RoundReport> {
  const random = new Random(options.seed);
  const { program, seconds, mischief = true, workers = 4, callers = 6, flaws = [] } = options;
  const persist = random.chance(0.5);
  await using redis = await startRedis({ persist });
  const prefix = `campaign-${options.seed}`;
  const plan = drawPlan(random, { lasting: seconds * 1_000, workers, faults: options.faults });
  const common = { url: redis.url, program, prefix, workers, callers, mischief, flaws };
  const [hot, longLeases] = [HOT.slice(0, random.between(1, HOT.length)), random.pick(LONG_LEASES)];
  const fleet = await Fleet.start({ ...common, hot, cold: COLD, longLeases, random });
  const losses: DataLoss[] = [];
  let faults: Fault[] = [];
  try {
    await pause(CALM_MS);
    const scene = { redis, persist, fleet, losses, underWay: new Map() };
    const befalling = plan.map((fault) => pause(fault.at).then(() => carryOut(scene, fault)));
    await Promise.all([...befalling, pause(seconds * 1_000)]);
    await pause(CALM_MS);
    const looks = await (flaws.length > 0 ? openFlawedLooks : openLooks)(redis.url, prefix);
    const { limits = LIMITS } = options;
    faults = await aftermath({ fleet, url: redis.url, prefix, keys: [...HOT, ...COLD], looks, limits });
    await looks.close();
    const verdict = judge({ lives: fleet.lives(), losses });
    const complaints = fleet.complaints.map((text): Fault => ({ rule: 'process', text }));
    faults = [...verdict.faults, ...faults, ...complaints];
    return { plan, faults, counts: verdict.counts, folder: options.keep && faults.length > 0 ? fleet.folder : null };
  } finally {
    await fleet.end(options.keep === true && faults.length > 0);
  }
}
