/**
 * A fleet whose leader is killed, stopped for a while, or asked to end, again and again: how long it takes until the next one
 * leads, and whether ever two believed that they lead.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { startRedis } from '../../../sample-app/redis/redis-server.mjs';
import { DistributedLockModule, LockService } from '../../../lib/index.js';
import { Random } from '../../support/random.js';
import { until } from '../../support/waiting.js';
import { now } from '../clock.js';
import type { Fault } from '../verdict/fault.js';
import { judge } from '../verdict/verdict.js';
import { Instances } from './instances.js';
import type { Instance } from './instances.js';
import { KEY } from './settings.js';

/** What happens to a leader. */
export type Fate = 'kill' | 'pause' | 'close';

export interface SuccessionOptions {
  readonly seed: number;
  readonly fates: readonly Fate[];
  /** The path of the compiled instance. */
  readonly program: string;
  readonly ttl?: number;
  /** A control: see `InstanceSettings`. */
  readonly isHeedless?: boolean;
  readonly onRound?: (text: string) => void;
}

export interface SuccessionReport {
  readonly faults: readonly Fault[];
  /** How many tenures there were. */
  readonly tenures: number;
  /** How long the fleet had no leader that could act, by what ended the one before; in milliseconds. */
  readonly takeovers: Readonly<Record<Fate, readonly number[]>>;
}

const PREFIX = 'leaders';
const INSTANCES = 3;

export async function playSuccession(options: SuccessionOptions): Promise<SuccessionReport> {
  const { seed, fates, program, ttl = 1_000, isHeedless = false, onRound } = options;
  const random = new Random(seed);
  await using redis = await startRedis();
  await using instances = new Instances(program, { url: redis.url, prefix: PREFIX, ttl, isHeedless });
  const module = DistributedLockModule.forRoot({ connection: redis.url, prefix: PREFIX, logger: false });
  const looks = await NestFactory.createApplicationContext(module, { logger: false });
  const isFollowed = async (): Promise<boolean> => {
    const { waiting } = await looks.get(LockService).inspect(KEY, { ask: false });
    return waiting.length > 0;
  };
  const takeovers: Record<Fate, number[]> = { kill: [], pause: [], close: [] };
  try {
    for (let i = 0; i < INSTANCES; i++) instances.launch();
    for (const fate of fates) {
      await instances.next(0);
      await until(isFollowed);
      await pause(random.between(0, ttl / 2));
      const { instance, tenure } = instances.leader!;
      const from = now();
      const endsTenure = await FATES[fate](instances, instance, random.between(ttl / 5, 2 * ttl + 500), ttl);
      if (!endsTenure) continue;
      const takeover = (await instances.next(tenure.fence)).at - from;
      takeovers[fate].push(takeover);
      onRound?.(`${fate}: ${takeover.toFixed(0)} ms`);
      if (fate !== 'pause') instances.launch();
    }
    // Time for two to believe, if they do.
    await pause(200);
    const { faults, counts } = judge({ lives: await instances.lives(), losses: [] });
    const complaints = instances.complaints.map((text): Fault => ({ rule: 'process', text }));
    return { faults: [...faults, ...complaints], tenures: counts.holds, takeovers };
  } finally {
    await looks.close();
  }
}

/** Each answers whether another has to lead now. */
const FATES: Record<
  Fate,
  (instances: Instances, instance: Instance, lasting: number, ttl: number) => Promise<boolean>
> = {
  kill: async (instances, instance) => {
    await instances.kill(instance);
    return true;
  },
  pause: async (_, { program }, lasting, ttl) => {
    await program.pause();
    await pause(lasting);
    program.resume();
    return lasting > ttl + 500;
  },
  close: async (instances, instance) => {
    await instance.program.ask('close');
    await instances.kill(instance);
    return true;
  },
};
