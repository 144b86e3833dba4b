/** This library in the ways it is used, in a Nest application on a client of its own. */
import { connect } from '../client.mjs';
import { TTL_MS, WAIT_MS } from '../settings.mjs';
import { present } from './former.mjs';
import { decorateMethod, startNest } from './nest.mjs';

export const common = { version: () => 'this', options: 'renewal, fencing token, events: all defaults', own: true };

export const withLock = { id: 'with-lock', name: 'this library, withLock', ...common, setup: onRedis(byWithLock) };
export const acquire = { id: 'acquire', name: 'this library, acquire/release', ...common, setup: onRedis(byAcquire) };
export const locked = { id: 'locked', name: 'this library, @Locked', ...common, setup: onRedis(byDecorator) };

/** Its sections don't wait for the answer of their release. */
export const background = {
  ...withLock,
  id: 'background',
  name: "withLock, release: 'background'",
  options: "all defaults, release: 'background'",
  setup: onRedis(byWithLock, { release: 'background' }),
};

/** A thread renews, though nothing is held for so long here. */
export const threaded = {
  ...withLock,
  id: 'threaded',
  name: "withLock, heartbeat: 'worker'",
  options: "all defaults, heartbeat: 'worker'",
  own: false,
  setup: onRedis(byWithLock, { heartbeat: 'worker' }),
};

/** With OpenTelemetry's API, and no SDK behind it: what it costs to publish and to listen, and not what an exporter does. */
const observedBy = (id, name, config) => ({
  ...withLock,
  id,
  name,
  own: false,
  async setup(url, settings) {
    const { LockInstrumentation } = await import(new URL('../../../dist/esm/otel/index.js', import.meta.url).href);
    new LockInstrumentation(config);
    return withLock.setup(url, settings);
  },
});
export const traced = observedBy('traced', 'withLock, subscribed to spans', { metrics: false });
export const metered = observedBy('metered', 'withLock, subscribed to metrics', { spans: false });

/** Every single waiter stands in the server's line: strict order between all callers, and no hand-off in the process. */
export const acquireFair = {
  ...acquire,
  id: 'acquire-fair',
  name: 'this library, acquire, fair',
  options: 'all defaults, fair: true',
  setup: onRedis(byAcquire, { fair: true }),
};

/** Without a server; `alone`: nothing outside the process is excluded. */
const memory = { ...common, alone: true };
export const memoryWithLock = { id: 'memory', name: 'withLock', ...memory, setup: onMemory(byWithLock) };
export const memoryLocked = { id: 'memory-locked', name: '@Locked', ...memory, setup: onMemory(byDecorator) };

/** `withLock` of the injected service. */
function byWithLock({ LockService }, { release = 'awaited', heartbeat = 'main' }) {
  return {
    prefix: `with-lock-${release}-${heartbeat}:`,
    runner(app, prefix) {
      const locks = app.get(LockService);
      return (key, section) => locks.withLock(prefix + key, section);
    },
  };
}

/** `acquire` and `release` of the injected service. */
function byAcquire({ LockService }, { fair = false }) {
  return {
    prefix: fair ? 'acquire-fair:' : 'acquire:',
    runner: (app, prefix) => acquiring(app.get(LockService), (key) => prefix + key),
  };
}

/** A `run` that acquires what `keysOf` makes of the key, and releases it. */
export function acquiring(locks, keysOf, options) {
  return async (key, section) => {
    const lock = await locks.acquire(keysOf(key), options);
    try {
      return await section();
    } finally {
      await lock.release();
    }
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
    prefix: 'locked:',
    providers: [Sections],
    runner(app) {
      const sections = app.get(Sections);
      return (key, section) => sections.run(key, section);
    },
  };
}

export function onRedis(way, more = {}) {
  return async (url, { ttl = TTL_MS, handOff, build } = {}) => {
    const client = await connect(url);
    const { close, ...session } = await open(client, way, { ...more, ttl, handOff }, build);
    return { ...session, close: () => close().then(() => client.quit()) };
  };
}

function onMemory(way) {
  return (_url, { build } = {}) => open('memory', way, {}, build);
}

async function open(connection, way, options, build = present) {
  const library = await import(build.entry);
  const { prefix, providers, runner, reader } = way(library, options);
  const common = { connection, prefix: build.prefix, ttl: TTL_MS, wait: WAIT_MS };
  const module = library.DistributedLockModule.forRoot({ ...common, ...options });
  const app = await startNest(module, providers);
  const locks = app.get(library.LockService);
  return {
    run: runner(app, prefix),
    read: reader?.(app, prefix),
    /** How many wait at the server. */
    inLine: async (key) => (await locks.inspect(prefix + key)).waiting.length,
    close: () => app.close(),
  };
}
