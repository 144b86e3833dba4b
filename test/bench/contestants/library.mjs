/** This library in the three ways it is used, in a Nest application on a client of its own. */
import { connect } from '../client.mjs';
import { TTL_MS, WAIT_MS } from '../settings.mjs';
import { decorateMethod, startNest } from './nest.mjs';

const common = { version: () => 'this', options: 'renewal, fencing token, events: all defaults', own: true };

export const withLock = { id: 'with-lock', name: 'this library, withLock', ...common, setup: onRedis(byWithLock) };
export const acquire = { id: 'acquire', name: 'this library, acquire/release', ...common, setup: onRedis(byAcquire) };
export const locked = { id: 'locked', name: 'this library, @Locked', ...common, setup: onRedis(byDecorator) };

/** Without a server; `alone`: nothing outside the process is excluded. */
const memory = { ...common, alone: true };
export const memoryWithLock = { id: 'memory', name: 'withLock', ...memory, setup: onMemory(byWithLock) };
export const memoryLocked = { id: 'memory-locked', name: '@Locked', ...memory, setup: onMemory(byDecorator) };

/** `withLock` of the injected service. */
function byWithLock({ LockService }) {
  return {
    runner(app) {
      const locks = app.get(LockService);
      return (key, section) => locks.withLock(`with-lock:${key}`, section);
    },
  };
}

/** `acquire` and `release` of the injected service. */
function byAcquire({ LockService }) {
  return {
    runner(app) {
      const locks = app.get(LockService);
      return async (key, section) => {
        const lock = await locks.acquire(`acquire:${key}`);
        try {
          return await section();
        } finally {
          await lock.release();
        }
      };
    },
  };
}

/** A method with `@Locked` and a template of its first argument. */
function byDecorator({ Locked }) {
  class Sections {
    async run(_key, section) {
      return section();
    }
  }
  decorateMethod(Sections, 'run', Locked('locked:<0>'));
  return {
    providers: [Sections],
    runner(app) {
      const sections = app.get(Sections);
      return (key, section) => sections.run(key, section);
    },
  };
}

function onRedis(way) {
  return async (url) => {
    const client = await connect(url);
    const { run, close } = await open(client, way);
    return { run, close: () => close().then(() => client.quit()) };
  };
}

function onMemory(way) {
  return () => open('memory', way);
}

async function open(connection, way) {
  const library = await import('../../../dist/esm/index.js');
  const { providers, runner } = way(library);
  const module = library.DistributedLockModule.forRoot({ connection, ttl: TTL_MS, wait: WAIT_MS });
  const app = await startNest(module, providers);
  return { run: runner(app), close: () => app.close() };
}
