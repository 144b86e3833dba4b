/** Carries out the faults of a plan, each to its end. */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisServer } from '../../sample-app/redis/redis-server.mjs';
import { now } from './clock.js';
import type { Berth, Fleet } from './fleet.js';
import type { DataLoss } from './history/entry.js';
import { targetOf } from './plan.js';
import type { FaultName, PlannedFault } from './plan.js';

export interface Scene {
  readonly redis: RedisServer;
  /** Whether the server keeps its data through a restart. */
  readonly persist: boolean;
  readonly fleet: Fleet;
  readonly losses: DataLoss[];
  /** What is under way, by target: on a busy machine a fault may take longer than it was planned to. */
  readonly underWay: Map<string, Promise<void>>;
}

type Mishap = (scene: Scene, berth: Berth, fault: PlannedFault) => Promise<unknown>;

/** Resolves when the fault is over. */
export function carryOut(scene: Scene, fault: PlannedFault): Promise<void> {
  const target = targetOf(fault);
  const before = scene.underWay.get(target) ?? Promise.resolve();
  const turn = before.then(
    async () => void (await MISHAPS[fault.name](scene, scene.fleet.berths[fault.worker]!, fault)),
  );
  scene.underWay.set(target, turn);
  return turn;
}

const DIRECTIONS = ['both', 'toServer', 'toClient'] as const;

/** How long what is going to break says nothing before. */
const SILENT_MS = 500;

const MISHAPS: Record<FaultName, Mishap> = {
  'worker-kill': async ({ fleet }, berth, { worker, lasting }) => {
    await fleet.kill(berth);
    await pause(lasting);
    await fleet.replace(worker);
  },
  'worker-stop': async (_, { current: { program } }, { lasting }) => {
    if (program.hasEnded) return; // by itself: that is told elsewhere
    await program.pause();
    await pause(lasting);
    program.resume();
  },
  'worker-block': async (_, { current: { program } }, { lasting }) => {
    // One that blocks itself for good does not answer.
    void program.ask('block', lasting).catch(() => undefined);
    await pause(lasting);
  },

  'redis-kill': (scene, _, { lasting }) => restart(scene, lasting),
  'redis-hang': async ({ redis }, _, { lasting }) => {
    await redis.pause();
    await pause(lasting);
    redis.resume();
  },
  'redis-hang-kill': async (scene, _, { lasting }) => {
    await scene.redis.pause();
    const silent = Math.min(lasting / 3, SILENT_MS);
    await pause(silent);
    await restart(scene, lasting - silent);
  },
  'redis-flush': ({ redis, losses }) => losing(losses, () => say(redis, (client) => client.flushall())),
  'redis-script-flush': ({ redis }) => say(redis, (client) => client.script('FLUSH')),
  'redis-client-kill': ({ redis }, _, { worker }) =>
    say(redis, (client) => client.call('CLIENT', 'KILL', 'TYPE', worker % 2 === 0 ? 'pubsub' : 'normal')),

  'net-delay': (_, { proxy }, { lasting }) =>
    during(
      lasting,
      () => proxy.setLatency(lasting % 700, DIRECTIONS[lasting % 3]),
      () => proxy.setLatency(0),
    ),
  'net-cut': async (_, { proxy }) => proxy.cut(),
  'net-refuse': async (_, { proxy }, { lasting }) => {
    proxy.refuse();
    proxy.cut();
    await pause(lasting);
    await proxy.accept();
  },
  // What is under way is not answered, and then the connection breaks for long.
  'net-die': async (_, { proxy }, { lasting }) => {
    const silent = Math.min(lasting / 3, SILENT_MS);
    proxy.blackhole();
    await pause(silent);
    proxy.refuse();
    proxy.cut();
    proxy.flow();
    await pause(lasting - silent);
    await proxy.accept();
  },
  'net-swallow': (_, { proxy }, { lasting }) =>
    during(
      lasting,
      () => proxy.blackhole(),
      () => proxy.flow(),
    ),
  'net-swallow-requests': (_, { proxy }, { lasting }) =>
    during(
      lasting,
      () => proxy.blackhole('toServer'),
      () => proxy.flow(),
    ),
  'net-swallow-replies': (_, { proxy }, { lasting }) =>
    during(
      lasting,
      () => proxy.blackhole('toClient'),
      () => proxy.flow(),
    ),
  'net-late': async (_, { proxy }, { lasting }) => {
    proxy.strand(50, lasting);
    await pause(lasting + 100);
  },
  'net-lose-messages': (_, { proxy }, { lasting }) =>
    during(
      lasting,
      () => (proxy.losesPushes = true),
      () => (proxy.losesPushes = false),
    ),
};

async function during(lasting: number, begin: () => unknown, end: () => unknown): Promise<void> {
  begin();
  await pause(lasting);
  end();
}

async function restart({ redis, persist, losses }: Scene, lasting: number): Promise<void> {
  const again = async (): Promise<void> => {
    await redis.kill();
    await pause(lasting);
    await redis.restart();
  };
  await (persist ? again() : losing(losses, again));
}

async function losing(losses: DataLoss[], work: () => Promise<unknown>): Promise<void> {
  const from = now();
  await work();
  losses.push({ from, until: now() });
}

/** A word to the server past every network. */
async function say(redis: RedisServer, word: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(redis.url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await word(client);
  } finally {
    client.disconnect();
  }
}
