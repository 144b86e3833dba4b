/** A process of the campaign: callers that use the library in every way until they are told to finish. */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { serve, settings as readSettings } from '../processes/programs/serve.js';
import { Recorder } from './history/recorder.js';
import { Random } from '../support/random.js';
import { CLOSE_LIMIT } from './times.js';
import { Calls } from './worker/calls.js';
import { Mischief } from './worker/mischief.js';
import { ALL_MODES, CONTROL_MODES } from './worker/modes/all.js';
import { openModule, openConnection } from './worker/open-module.js';
import type { OpenModule } from './worker/open-module.js';
import type { WorkerSettings } from './worker/settings.js';
import { block, Shop } from './worker/shop.js';
import { Watch } from './worker/watch.js';

const settings = readSettings<WorkerSettings>();
const random = new Random(settings.seed);
const recorder = new Recorder(settings.path);
const calls = new Calls(recorder);
const watch = new Watch(recorder, random.fork(), () => mischief.onLoss());
const shop = new Shop(settings, calls, watch);
const isRestless = settings.role === 'restless' && !settings.flaw;
const mischief = new Mischief(shop, recorder, random.fork(), isRestless ? () => void reopen() : undefined);
const connection = openConnection(settings);
const modes = settings.flaw ? CONTROL_MODES : ALL_MODES;

let module: OpenModule | undefined;
let isOver = false;
let isReopening = false;
let working: Promise<unknown> | undefined;

async function open(): Promise<void> {
  module = await openModule(settings, connection);
  shop.locks = module.locks;
  shop.sections = module.sections;
  mischief.attend(module.locks);
}

async function close(): Promise<void> {
  shop.isClosing = true;
  await calls.make('close', CLOSE_LIMIT, () => module!.close());
  shop.isClosing = false;
}

async function reopen(): Promise<void> {
  if (isReopening || isOver) return;
  isReopening = true;
  await close();
  await open();
  isReopening = false;
}

async function caller(chance: Random): Promise<void> {
  while (!isOver) {
    const before = performance.now();
    await chance.pick(modes)(shop, chance);
    // A module that is closing refuses at once.
    await pause(performance.now() - before < 1 ? 20 : chance.between(0, 10));
  }
}

async function moveHouse(chance: Random): Promise<void> {
  while (!isOver) {
    await pause(chance.between(500, 3_000));
    await reopen();
  }
}

async function work(): Promise<void> {
  await open();
  const callers = Array.from({ length: settings.callers }, () => caller(random.fork()));
  if (isRestless) callers.push(moveHouse(random.fork()));
  await Promise.all(callers);
}

serve({
  begin: () => {
    working = work();
  },
  block: (ms: number) => block(ms),
  /** Resolves when every caller has done what it was doing. */
  finish: async () => {
    isOver = true;
    calls.cancelAll();
    await working;
    while (isReopening) await pause(5);
    await calls.idle();
  },
  close,
  /** From now on nothing of the worker itself keeps the process alive. */
  leave: () => {
    connection.end();
    process.channel!.unref();
  },
  resources: () => process.getActiveResourcesInfo(),
});
