/**
 * The commands that a Redis user needs for locks, read off the sources of the scripts, so that neither a test nor a page of
 * the docs forgets one.
 */
import { DEFAULT_TIMING } from '../../../lib/stores/protocol.js';
import { inspectScript } from '../../../lib/stores/redis/scripts/inspect.js';
import { leaseScript } from '../../../lib/stores/redis/scripts/lease-script.js';
import { listScript } from '../../../lib/stores/redis/scripts/list.js';
import { DESCRIBE_SCRIPT, INTRODUCE_SCRIPT } from '../../../lib/stores/redis/scripts/processes.js';
import { PUBLISH_SCRIPT } from '../../../lib/stores/redis/scripts/publish.js';
import { repairScript } from '../../../lib/stores/redis/scripts/repair.js';
import { tellingScript } from '../../../lib/stores/redis/scripts/telling.js';
import { togetherScript } from '../../../lib/stores/redis/scripts/together-script.js';

/**
 * What is sent beside what the scripts call: scripts, the subscription, the walk through all names, and ioredis's own question at each
 * connect.
 */
const SENT = ['evalsha', 'eval', 'subscribe', 'scan', 'info'];

/** Lower-case names, sorted. */
export function redisCommands(): string[] {
  const sources = [
    leaseScript(DEFAULT_TIMING),
    togetherScript(DEFAULT_TIMING),
    inspectScript(DEFAULT_TIMING),
    repairScript(),
    listScript(DEFAULT_TIMING),
    tellingScript(DEFAULT_TIMING),
    INTRODUCE_SCRIPT,
    DESCRIBE_SCRIPT,
    PUBLISH_SCRIPT,
  ].join('\n');
  // A command is the first argument of redis.call, redis.pcall, or of a function that hands its arguments on to them.
  const called = [...sources.matchAll(/\b(?:p?call|read|look)\('([A-Z]+)'/g)].map(([, name]) => name!.toLowerCase());
  const named = [...sources.matchAll(/'([A-Z]{3,})'/g)].map(([, name]) => name!.toLowerCase());
  const words = new Set(['withscores', 'limit', 'count', 'wrongtype']);
  const missed = named.filter((name) => !called.includes(name) && !words.has(name));
  if (missed.length > 0) throw new Error(`Is ${missed.join(', ')} a command? See redis-commands.ts.`);
  return [...new Set([...SENT, ...called])].sort();
}
