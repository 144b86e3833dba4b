/**
 * Every sentence the library says when something goes wrong: what happened, for which key, and what to do.
 */

const seconds = (ms: number): string => `${Math.round(ms)} ms`;

export const messages = {
  busy: (key: string, expiresIn: number) =>
    `The key "${key}" is locked by somebody else, whose lease has ${seconds(expiresIn)} left unless it is renewed. ` +
    'Try again later, or give the call a `wait`.',
  selfDeadlock: (key: string) =>
    `The key "${key}" is held by the caller itself and \`reentrant: false\` forbids to enter it again; waiting would ` +
    'never end. Release the outer lock first, or allow re-entry.',
  timeout: (key: string, wait: number) =>
    `The key "${key}" was still locked by somebody else after ${seconds(wait)}. Wait longer (\`wait\`), or try again later.`,
  noAnswerYet: (key: string, wait: number) =>
    `Redis did not answer during a wait of ${seconds(wait)} for the key "${key}", so it is not known whether the key is ` +
    'free. Check that it is reachable.',
  oddAnswer: (key: string, state: string) =>
    `The store answered "${state}" to a first request for the key "${key}", which no store may. Check the \`store\` option.`,
  unreachableWhileWaiting: (key: string, wait: number) =>
    `Redis could not be reached for the last part of a wait of ${seconds(wait)} for the key "${key}", so it is not known ` +
    'whether the key is free. Check the connection.',
  answeredTooLate: (key: string, ttl: number) =>
    `Redis granted the key "${key}" but its answer took longer than the lease of ${seconds(ttl)}, so the lock was given ` +
    'back. Check the latency to Redis, or raise `ttl`.',
  expired: (key: string) =>
    `The lease of "${key}" ended before it could be renewed; somebody else may hold the key now. Stop work that needs ` +
    'it. If Redis was reachable, the event loop was blocked for too long or `ttl` is too short.',
  notRenewed: (key: string) =>
    `The lease of "${key}" ended because nothing renewed it (\`autoRenew: false\` or \`maxHold\`); somebody else may hold ` +
    'the key now. Renew it in time, or raise `ttl` or `maxHold`.',
  gone: (key: string) =>
    `Redis no longer knows this lease of "${key}": it was released by force, or the data was lost. Somebody else may hold ` +
    'the key now. Stop work that needs it.',
  otherFence: (key: string) =>
    `Redis holds "${key}" for this lease under another fencing token than the one that the lock was given; whoever ` +
    'checks fencing tokens may have seen a wrong one. Stop work that needs the lock, and check who may PUBLISH.',
  takenByShutdown: (key: string) =>
    `The lock on "${key}" was taken away because the application is shutting down and its grace time is over. Finish ` +
    'earlier, listen to `lock.signal`, or raise `shutdownGrace`.',
  shutdown: (key: string) =>
    `The lock module is shutting down and gives out no more locks, so "${key}" was not acquired. Try again on another instance.`,
  notHeld: (key: string) => `The lock on "${key}" was released before. Acquire it again to go on.`,
  noCurrent: () =>
    'No lock is held in this async context. Call this inside a @Locked method or withLock(); a lock from acquire() is ' +
    'not in the context, use its handle.',
  noCurrentOf: (key: string) =>
    `The key "${key}" is not held in this async context. Call this inside a @Locked method or withLock() of that key; a ` +
    'lock from acquire() is not in the context, use its handle.',
  noService: (method: string) =>
    `${method} is decorated with @Locked, but the object has no lock service, so the method was not called. Import ` +
    'DistributedLockModule and let Nest create the object; for one made with `new`, call bindLocks(object, locks) first.',
  noInstanceMethod: (method: string) =>
    `@Locked on ${method}: only methods of instances can be locked, because a static method has no injected service. ` +
    'Call withLock() of an injected LockService instead.',
  wrongOutcome: (method: string, expected: string, found: string | undefined) =>
    `${method} was locked as a method that returns ${found === undefined ? `an ${expected}` : 'a promise'}, but it returned ` +
    `${found === undefined ? 'something else' : `an ${found}, which would go on without the lock`}. Set ` +
    `\`returns: '${found ?? 'promise'}'\` in the options of @Locked.`,
  noAnswer: (limit: number, status: string, cause: unknown) =>
    `Redis did not answer within ${seconds(limit)} (connection: ${status}${cause ? `; ${text(cause)}` : ''}). Check that ` +
    'it is reachable, or raise `commandTimeout`.',
  refused: (error: unknown) => `Redis refused or lost a request: ${text(error)}.`,
  notLetIn: (cause: unknown) =>
    `Redis does not let this client in, or not do what it has to: ${text(cause)}. Check the user name and password of the ` +
    '`connection`, and what its user is allowed.',
  broken: () => 'The connection to Redis broke before the answer came, so the request may have been carried out.',
  noDatabase: (cause: unknown) =>
    `The database that the \`connection\` names can't be used: ${text(cause)}. Choose one that the server has, or let the ` +
    'user of the connection select it.',
  cannotConnect: (cause: unknown) => `ioredis can't use the \`connection\`: ${text(cause)}. Check its options.`,
  oldIoredis: () =>
    'The installed ioredis is older than 5.4.0 and does not replace a dead connection. Install ioredis 5.4.0 or newer.',
  badConnection: (what: string) =>
    `The option \`connection\` is ${what}; allowed is a redis:// or rediss:// URL with a host, ioredis options that say ` +
    "where to go (`host`, `path`, or `sentinels` with a `name`), a `Redis` or `Cluster` of ioredis, or 'memory'.",
  deafSubscription: () =>
    'Messages of Redis Pub/Sub did not arrive on the connection that was subscribed to them, so a new one is made. Until it ' +
    'stands, a key is handed on up to a second late.',
  connectionEnded: (cause: unknown) =>
    `The connection to Redis could not be made${cause ? ` (${text(cause)})` : ''}. The next request tries it again; check ` +
    'the `connection`.',
  storeStopped: () =>
    'The lock store was stopped and takes no more requests. Stop using locks before the module is closed, or make a new ' +
    'store.',
  option: (name: string, value: unknown, allowed: string) =>
    `The option \`${name}\` is ${show(value)}; allowed is ${allowed}.`,
  noKey: () => 'An empty list of keys cannot be locked. Name at least one key.',
  badKey: (key: unknown) =>
    `${show(key)} cannot name a lock. A key is a string that is not empty and is well-formed Unicode.`,
  noConnection: () =>
    "DistributedLockModule needs to know where locks are kept: set `connection` to a Redis URL, ioredis options or an ioredis client; or to 'memory' to exclude callers of this process only.",
  memoryStore: () =>
    'Locks are kept in memory: they exclude callers of this process only. Set `connection` to a Redis for more than one process.',
};

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
