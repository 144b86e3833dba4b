/**
 * Counts the timers of its process that are alive; loaded before everything else by `--import`. Those that keep nobody
 * alive (`unref`) count as well: `process.getActiveResourcesInfo()` leaves them out.
 */
import { createHook } from 'node:async_hooks';

const alive = new Set();

createHook({
  init: (id, type) => type === 'Timeout' && alive.add(id),
  destroy: (id) => alive.delete(id),
}).enable();

globalThis.liveTimers = () => alive.size;
