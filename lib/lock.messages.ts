/**
 * Every sentence the library says when something goes wrong: what happened, for which key, and what to do. Text that
 * comes from a key, an option or the error of other code goes through `quoting.ts`.
 */
import { plain, quote, say, show } from './quoting.js';

export { plain, quote, say, show } from './quoting.js';

const ms = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
const bytes = (count: number): string => `${Math.round(count)} bytes`;

/** Added where the holder is a caller of the same service: it may be the very caller that waits. */
const HELD_HERE =
  'It is held in this process, perhaps by this very caller: a lock from acquire() has to be released before its key can ' +
  'be taken again (inside withLock(), run() or @Locked it can be re-entered).';

const SET_CONNECTION =
  'set `connection` to a Redis URL such as redis://localhost:6379, ioredis options or an ioredis client; or to ' +
  "'memory' to exclude callers of this process only.";

const NO_RETRIES =
  ' Retries are not needed: waiters are told when the key is free, and `wait` says for how long they wait.';

type Outcome = 'promise' | 'observable' | 'asyncGenerator';

const OUTCOMES: Record<Outcome, string> = {
  promise: 'a promise',
  observable: 'an Observable',
  asyncGenerator: 'an async generator',
};

/** The places where `@Locked` can't stand. */
export type MisplacedLocked = keyof typeof MISPLACED;

const MISPLACED = {
  class: 'it locks a method, not a class. Write it above each method that needs a lock.',
  static:
    'only methods of instances can be locked, because a static method has no injected service. Call withLock() of an ' +
    'injected LockService instead.',
  parameter: 'it locks a method, not a parameter. Write it above the method.',
  accessor: 'a getter or setter cannot wait for a lock. Make it an async method.',
  property:
    'it locks a method, and this is a property (an arrow function in one is no method either). Make it a method.',
  generator: 'the body of a generator runs after its lock was given back. Make it an async generator (`async *`).',
  nowhere: 'it locks a method of a class. Write it above one.',
};

/** What an operator has said when taking a lock away. */
interface Why {
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

function reasonOf({ reason, by }: Why): string {
  const who = by === undefined ? '' : ` (${plain(by)})`;
  return reason === undefined ? who : `${who}: ${plain(reason)}`;
}

export const messages = {
  busy: (key: string, expiresIn: number, isHeldHere = false) =>
    `The key ${quote(key)} is locked; the lease of its holder has ${ms(expiresIn)} left unless it is renewed. ` +
    `${isHeldHere ? `${HELD_HERE} ` : ''}Try again later, or set \`wait\`.`,
  selfDeadlock: (key: string) =>
    `The key ${quote(key)} is already held by this call, and \`reentrant: false\` does not let it in again; waiting ` +
    'would never end. Release the outer lock first, or allow re-entry.',
  timeout: (key: string, wait: number, isHeldHere = false) =>
    `The key ${quote(key)} was still locked after a wait of ${ms(wait)}. ` +
    `${isHeldHere ? `${HELD_HERE} ` : ''}Set a longer \`wait\`, or try again later.`,
  timeoutOfSeveral: (key: string, wait: number) =>
    `The wait of ${ms(wait)} ended before the last of several keys could be locked: ${quote(key)} was next. Set a longer ` +
    '`wait`, or try again later.',
  noAnswerYet: (key: string, wait: number) =>
    `The store did not answer during a wait of ${ms(wait)} for the key ${quote(key)}, so it is not known whether the key ` +
    'is free. Check that the store can be reached.',
  outOfReach: (key: string) =>
    `The connection to the lock store is down, so the key ${quote(key)} could not be asked for in time. It is connected again ` +
    'as soon as the store can be reached: check that it runs; a longer `wait` may outlast the outage.',
  storeAway: (why: string | undefined) =>
    `The lock store does not answer${why === undefined ? ': its connection is down.' : `: ${plain(why, 400)}`} Locks can't be taken; ` +
    'held ones are lost when their leases end.',
  storeBack: (after: number) => `The lock store answers again, after ${seconds(after)}. Locks can be taken.`,
  startedWithout: (why: string) =>
    `The application starts without its lock store (\`requireConnection: false\`): ${plain(why, 400)} Locks can't be taken until it can ` +
    'be reached; nothing has to be restarted then.',
  renewalFailed: (key: string, error: unknown) =>
    `The lease of ${quote(key)} could not be renewed: ${unended(error)}. It is tried again for as long as the lease lasts; of others ` +
    'nothing is said for now.',
  moreLost: (count: number) =>
    `${count === 1 ? 'One more lock was' : `${Math.round(count)} more locks were`} lost since.`,
  oddAnswer: (key: string, state: unknown) =>
    `The store answered ${show(state)} to a first request for the key ${quote(key)}, which is not a valid answer to it. ` +
    'Check the `store` option.',
  oddAnswers: (answer: unknown) =>
    `The store answered a request with ${kindOf(answer)} that is not a valid answer to it, so its outcome is not known. ` +
    'Check the `store` option.',
  storeSilent: (limit: number) =>
    `The store did not answer within ${ms(limit)}. Check it, or set a longer \`commandTimeout\`.`,
  unreachableWhileWaiting: (key: string, wait: number) =>
    `The store could not be reached at the end of a wait of ${ms(wait)} for the key ${quote(key)}, so it is not known ` +
    'whether the key is free. Check the connection.',
  answeredTooLate: (key: string, ttl: number) =>
    `The store granted the key ${quote(key)}, but its answer took longer than the lease of ${ms(ttl)}, so the lock was ` +
    'given back. Check the latency to the store, or set a longer `ttl`.',
  overBeforeBegun: (key: string) =>
    `The key ${quote(key)} was granted, but its lease ended before the section could begin, so nothing was run. The event ` +
    'loop was blocked for too long: set a longer `ttl`, or a longer `wait` in which to try again.',
  expired: (key: string) =>
    `The lease of ${quote(key)} ended before it could be renewed; another caller may hold the key now. Stop work that ` +
    'needs the lock. If the store could be reached, the event loop was blocked for too long, or `ttl` is too short.',
  notRenewed: (key: string) =>
    `The lease of ${quote(key)} ended because nothing renewed it (\`autoRenew: false\` or \`maxHold\`); another caller ` +
    'may hold the key now. Renew it in time, or set a longer `ttl` or `maxHold`.',
  gone: (key: string) =>
    `The store no longer knows this lease of ${quote(key)}: it was released by force, or the store lost its data. ` +
    'Another caller may hold the key now. Stop work that needs the lock.',
  forced: (key: string, why: Why) =>
    `The lock on ${quote(key)} was taken away by an operator${reasonOf(why)}. Another caller may hold the key now. Stop work ` +
    'that needs the lock.',
  forcedHere: (key: string, why: Why) => `The lock on ${quote(key)} was taken away from its holder${reasonOf(why)}.`,
  leaderFailed: (key: string, error: unknown) =>
    `The work of the leader of ${quote(key)} failed: ${unended(error)}. Its lock is released, so that an instance may take over.`,
  leaderDone: (key: string) =>
    `The work of the leader of ${quote(key)} has ended although it could lead on; it begins again after a pause, here or ` +
    "elsewhere. Work that has set timers has to await the end of its signal. If it is done for good, set `whenDone: 'stop'`.",
  notElected: (key: string, error: unknown) =>
    `This instance can't stand for leader of ${quote(key)}: ${unended(error)}. It tries again by itself.`,
  noPing: (milliseconds: number) =>
    `The lock store did not answer within ${ms(milliseconds)}. Check that it runs, is reachable and not overloaded.`,
  noList: () => 'This lock store can not list its keys: it has no method `list`. Look at single keys with `inspect`.',
  otherFence: (key: string) =>
    `The store holds ${quote(key)} for this lease under another fencing token than the one that the lock was given, so a ` +
    'resource that checks fencing tokens may have seen a wrong one. Stop work that needs the lock, and check which ' +
    'programs can write to the store or publish its messages.',
  takenByShutdown: (key: string) =>
    `The lock on ${quote(key)} was taken away because the application is shutting down and its grace time is over. ` +
    'Finish earlier, listen to `lock.signal`, or set a longer `shutdownGrace`.',
  shutdown: (key: string) =>
    `The lock module is shutting down and gives out no more locks, so ${quote(key)} was not acquired. Try again on ` +
    'another instance.',
  waitsForLocks: (count: number, named: readonly { key: string; since: string }[], endsAt: string) =>
    `The shutdown waits for ${count === 1 ? 'a lock that is' : `${count} locks that are`} still held: ` +
    `${named.map(({ key, since }) => `${quote(key)} since ${plain(since)}`).join(', ')}${count > named.length ? ', …' : ''}. ` +
    `What is held at ${plain(endsAt)} is taken away (\`shutdownGrace\`). A lock from acquire() has to be released.`,
  notHeld: (key: string) => `The lock on ${quote(key)} was already released. Acquire it again to go on.`,
  outlived: (key: string) =>
    `A section that held ${quote(key)} has ended, but work that entered the lock from within it has not: the two may have ` +
    'run at the same time, as parts of one section. Await that work inside the section; or, where a shared pool or an ' +
    'event only happened to start it there, start it with `locks.outside()` or `AsyncResource.bind`, or lock with ' +
    '`reentrant: false`.',
  /** `steps`: what was asked for while which key was held, and where; the call that it is about comes first. */
  lockOrder: (steps: readonly { held: string; asked: string; place: string | undefined }[], isRefused: boolean) =>
    `Keys are asked for in orders that let callers wait for each other: ${steps
      .map(
        ({ held, asked, place }) => `${quote(asked)} while ${quote(held)} is held${place ? ` (${plain(place)})` : ''}`,
      )
      .join(', but ')}. ${isRefused ? 'So the first of these calls was refused (`lockOrder`). ' : ''}` +
    'Ask for them in one call, or in the same order everywhere; or with `wait: 0`, which never waits.',
  foreignLock: (key: string) =>
    `The lock on ${quote(key)} was not acquired by this LockService, so it is not known here whether it is held. Use the ` +
    'service that acquired it.',
  noCurrent: () =>
    'No lock is held in this async context. Call this inside a @Locked method or withLock(). A lock from acquire() is ' +
    'not in the context: use the lock itself.',
  noCurrentOf: (key: string) =>
    `The key ${quote(key)} is not held in this async context. Call this inside a @Locked method or withLock() of that ` +
    'key. A lock from acquire() is not in the context: use the lock itself.',
  noService: (method: string) =>
    `${method} is decorated with @Locked, but its object has no lock service, so the method was not called. Import ` +
    'DistributedLockModule and let Nest create the object; for one made with `new`, call bindLocks(object, locks) first.',
  mockedService: (method: string) =>
    `${method} is decorated with @Locked, and its lock service answered without running it, as a mock does. Give the test ` +
    'a PassThroughLockService, or real locks by LockTestingModule, both of nestjs-distributed-lock/testing.',
  unbindable: () =>
    'bindLocks(object, locks) could not give the object its lock service, because no property can be added to it. Bind ' +
    'the object before it is frozen.',
  bareLocked: (where: string) =>
    `@Locked on ${where} has no key, so nothing would be locked: write @Locked('order:<0>'), with parentheses and a key.`,
  /** `message`: what another error of this package says. */
  badLocked: (key: string, message: string) => `@Locked(${quote(key)}): ${message}`,
  /** `message`: what another error of this package says. */
  ofMethod: (method: string, message: string) => `${method}: ${message}`,
  optionThrew: (method: string, name: string, cause: unknown) =>
    `${method}: the function of the option \`${plain(name)}\` threw: ${unended(cause)}. Nothing was locked; see \`cause\`.`,
  asyncOption: (method: string, name: string) =>
    `${method}: the function of the option \`${plain(name)}\` returned a promise, so nothing was locked: the value is needed ` +
    'before the key is asked for. Return the value itself, and get it ready before the method is called.',
  standardDecorators: (where: string) =>
    `@Locked on ${where} was compiled as a standard (TC39) decorator, which Nest does not support. Set ` +
    '`experimentalDecorators` (and `emitDecoratorMetadata`) in tsconfig.json; for SWC `legacyDecorator`, for Babel ' +
    '`version: "legacy"`.',
  misplaced: (where: string, place: MisplacedLocked) => `@Locked on ${where}: ${MISPLACED[place]}`,
  unlessWithout: (method: string, outcome: Outcome) =>
    `${method}: the option \`unless\` needs a method that returns a promise, but it returns ${OUTCOMES[outcome]}. Look within the ` +
    'method whether it still has something to do.',
  wrongOutcome: (method: string, expected: Outcome, found: Outcome | undefined) =>
    `${method} was locked as a method that returns ${OUTCOMES[expected]}, but it returned ` +
    `${found === undefined ? 'something else' : OUTCOMES[found]}` +
    `${found === undefined || found === 'promise' ? '' : ', which would go on without the lock'}. Set ` +
    `\`returns: '${found ?? 'promise'}'\` in the options of @Locked.`,
  streamOutcome: (method: string, what: string) =>
    `${method} was locked as a method that returns a promise, but the promise gave ${what}, which would flow without the lock. ` +
    'Read it to its end inside the method, or make the method an async generator or an Observable, whose lock lasts until ' +
    'the end. A stream that needs no lock may be returned as a property of an object.',
  noAnswer: (limit: number, status: string, cause: unknown) =>
    `Redis did not answer within ${ms(limit)} (connection: ${plain(status)}${cause ? `; ${say(cause)}` : ''}). Check that it can ` +
    'be reached, or set a longer `commandTimeout`.',
  refused: (error: unknown) =>
    `The store refused or lost a request: ${unended(error)}. Check the store; \`cause\` has the details.`,
  failed: (key: string) => `The store could not carry out a request for the key ${quote(key)}. Check the store.`,
  notLetIn: (cause: unknown) =>
    `Redis refuses this client, or a command that it needs: ${unended(cause)}. Check the user name and password of the ` +
    '`connection`, and the permissions of its user.',
  notWhole: () =>
    'Not every server of the Redis Cluster can be reached at the moment, so a list of its keys would not be whole. Try again, ' +
    'or look at the cluster.',
  broken: () =>
    'The connection to Redis broke before the answer came, so the request may have been carried out. Try again, or check ' +
    'the connection.',
  noDatabase: (cause: unknown) =>
    `The database that the \`connection\` names can't be used: ${unended(cause)}. Choose one that the server has, or let the ` +
    'user of the connection select it.',
  cannotConnect: (cause: unknown) => `ioredis can't use the \`connection\`: ${unended(cause)}. Check its options.`,
  oldIoredis: () =>
    'The installed ioredis is too old: it does not replace a connection that died. Install ioredis 5.4.1 or newer.',
  badConnection: (what: string) =>
    'Invalid option `connection`: expected a URL such as redis://localhost:6379 (or rediss://), ioredis options that say where to go ' +
    `(\`host\`, \`path\`, or \`sentinels\` with a \`name\`), a \`Redis\` or \`Cluster\` of ioredis, or 'memory', got ${plain(what, 400)}.`,
  deafSubscription: () =>
    'Messages of Redis Pub/Sub did not arrive on the connection that was subscribed to them, so it is replaced by a new ' +
    'one. Until that is subscribed, a waiter may get its key up to a second late.',
  oddReply: (reply: unknown) =>
    `Redis answered a request for locks with ${kindOf(reply)}, which no script of this package returns, so the outcome is ` +
    'not known. Check what stands between this process and Redis: a proxy may change replies.',
  notALock: (key: string, name: string, orName?: string) =>
    `The Redis key ${quote(name)}${orName === undefined ? '' : ` or ${quote(orName)}`} holds something that is not a lock, so ${quote(key)} can't be locked. ` +
    `Find out which program writes there (or use another \`prefix\`), then delete it with DEL or call forceRelease(${quote(key)}).`,
  connectionEnded: (cause: unknown) =>
    `The connection to Redis could not be made${cause ? ` (${say(cause)})` : ''}. The next request tries it again; check ` +
    'the `connection`.',
  storeStopped: () =>
    'The lock store was stopped and takes no more requests. Stop using locks before the module is closed, or make a new ' +
    'store.',
  /** `seconds`: what was probably meant by a bare number. */
  option: (name: string, value: unknown, expected: string, seconds?: number) =>
    `Invalid option \`${plain(name)}\`: expected ${expected}, got ${show(value)}` +
    `${seconds === undefined ? '.' : ` (milliseconds); did you mean '${seconds}s'?`}`,
  signalAsOptions: (of: string) =>
    `The options of ${of} were a signal, so nothing was locked: pass the signal as { signal }.`,
  noOptions: (of: string, value: unknown) =>
    `Invalid options of ${of}: expected an object, or nothing where they are optional, got ${show(value)}.`,
  unknownOption: (of: string, path: string, name: string, known: readonly string[], nearest: string | undefined) =>
    `${show(path + name)} is not an option of ${of}.${nearest === undefined ? '' : ` Did you mean \`${path}${nearest}\`?`}` +
    `${/^retr(?:y|ies)/.test(name) && known.includes('wait') ? NO_RETRIES : ''} ` +
    `Its options are ${known.map((each) => `\`${path}${each}\``).join(', ')}.`,
  noSection: (of: string, value: unknown) =>
    `Invalid section of ${of}: expected a function, after the options where there are any, got ${show(value)}. Nothing was locked.`,
  optionsAfterSection: (of: string) =>
    `The options of ${of} came after its section and would be ignored, so nothing was locked; give them before it.`,
  oneKey: (of: string, key: unknown) =>
    `Invalid key of ${of}: expected one string that is not empty and is well-formed Unicode, got ${show(key)}.`,
  noKey: () => 'An empty list of keys cannot be locked. Name at least one key.',
  badKey: (key: unknown) =>
    `Invalid key: expected a string that is not empty and is well-formed Unicode, got ${show(key)}.`,
  sharesOfKey: (key: string) =>
    `The key ${quote(key)} stands twice in one list, with different shares. Name it once, or with the same \`mode\`, ` +
    '`concurrency` and `weight` each time.',
  /** `message`: what another error of this package says. */
  badShareOfKey: (key: string, message: string) => `The key ${quote(key)}: ${message}`,
  longKey: (key: string, length: number, longest: number) =>
    `Invalid key: expected at most ${bytes(longest)}, got ${bytes(length)}: ${quote(key)}. Name what is locked by an id or a hash of ` +
    'it, or set a larger `maxKeyBytes`.',
  noConnection: () => `DistributedLockModule needs to know where locks are kept: ${SET_CONNECTION}`,
  undefinedConnection: () =>
    '`connection` is undefined: is an environment variable missing? DistributedLockModule needs to know where locks are ' +
    `kept: ${SET_CONNECTION}`,
  secondModule: (name: string | undefined) =>
    `DistributedLockModule is registered twice ${name === undefined ? 'without a name' : `under the name ${show(name)}`}: ` +
    'each would wait for the locks of the other like those of another process. Import it once, in the root module, where it ' +
    'serves the whole application; a second one that is intended needs a `name` of its own. Where it is imported several ' +
    'times (`isGlobal: false`), import the same object each time.',
  requestScopedOptions: (name: string | undefined) =>
    `The options of DistributedLockModule${name === undefined ? '' : ` ${show(name)}`} depend on a request-scoped provider, ` +
    'so every request would open a store of its own. Inject only providers of the default scope into `useFactory`, ' +
    '`useClass` or `useExisting`; what depends on a request can be given to each call.',
  noOptionsSource: () =>
    'DistributedLockModule.forRootAsync() needs one of `useFactory` (a function), `useClass` or `useExisting` (a provider).',
  besideFactory: (option: string) =>
    `The option \`${option}\` came from the factory of DistributedLockModule.forRootAsync(), which runs too late for it. ` +
    'Give it beside the factory.',
  severalCopies: (copies: readonly { version: string; folder: string }[]) =>
    `This process has loaded ${copies.length} copies of nestjs-distributed-lock: ` +
    `${copies.map(({ version, folder }) => `${plain(version)} in ${plain(folder, 400)}`).join('; ')}. Nest injects the ` +
    'LockService of one copy only where that copy was imported. Install one version for all (`npm ls ' +
    'nestjs-distributed-lock`, `npm dedupe`).',
  threadOfMemory: () => noThread('Locks in memory belong to this thread. Set it where `connection` is a Redis server.'),
  threadOfOwnStore: () =>
    noThread("A `store` of your own can't be given to another thread. Set a `connection` instead."),
  threadOfConnection: (option: string) =>
    noThread(
      `The option ${quote(option)} of the \`connection\` holds a function, or something else that can't be given to another ` +
        'thread. Leave it out, or do without the thread.',
    ),
  threadWithoutProgram: () =>
    noThread(
      'The file that it runs was not found beside the code of nestjs-distributed-lock. Leave the package out of the bundle ' +
        "(`external`); tests of the package's own sources have no thread.",
    ),
  threadEnded: (cause: unknown) =>
    `The heartbeat thread has ended or could not be started (${unended(cause)}), so locks are renewed by the main thread from ` +
    'now on: a section that blocks the event loop for longer than its ttl loses its lock. Start the process anew to have it back.',
  threadTouchLost: () =>
    'The heartbeat thread has ended, so it is not known what became of a renewal. It is tried again by the main thread.',
  memoryStore: () =>
    'Locks are kept in memory: they exclude callers of this process only. For more than one process, set `connection` to a ' +
    'Redis server.',
};

function noThread(why: string): string {
  return (
    `There is no heartbeat thread, so \`heartbeat: 'worker'\` has no effect: ${why} Locks are renewed by the main thread: a ` +
    'section that blocks the event loop for longer than its ttl loses its lock.'
  );
}

/** What an error says, to be followed by a full stop: many end in one of their own. */
function unended(thrown: unknown): string {
  return say(thrown).replace(/\.+$/, '');
}

/** The kind of a value, without its content, which may be secret. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'an unexpected number' : String(value);
  return value instanceof Error ? 'an error' : `a value of type ${typeof value}`;
}
