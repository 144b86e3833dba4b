/** Which file of the library may import which. Types count as well: a reader follows them like anything else. */
import { circles } from './circles.js';
import { deadExports } from './dead-exports.js';
import { entryPoints, readFile, readLibrary } from './library-files.js';
import type { LibraryFile } from './library-files.js';

/** What only this library's Nest side needs; `lib/core` and `lib/stores` would work in any program. */
const NEST = ['distributed-lock.*', 'lock.service.ts', 'lock.lifecycle.ts', 'lock.tokens.ts', 'package-copies.ts'];

/** What everything else is expressed in. */
const VOCABULARY = [
  'lock.ts',
  'lock.errors.ts',
  'lock.events.ts',
  'lock.leadership.ts',
  'lock.messages.ts',
  'lock.channels.ts',
  'acquire.options.ts',
  'quoting.ts',
  'duration.ts',
  'inspection.ts',
  'option-names.ts',
  'option-text.ts',
  'source-file.ts',
];

/** Started by its path. */
const THREAD_PROGRAM = 'heartbeat-thread/thread-program.ts';

/** Where the store that the options ask for is made. */
const PROVIDERS = ['distributed-lock.providers.ts', THREAD_PROGRAM, 'cli/connection.ts', 'cli/session.ts'];

/** Small things without a will of their own that stores need as much as the core does. */
const SHARED_WITH_STORES = [
  'core/admission.ts',
  'core/context/outside.ts',
  'core/heartbeat/deadline-heap.ts',
  'core/linked-list.ts',
];

/** What people on duty ask and get, in words of the port. */
const OPERATIONS = ['lock.operations.ts'];

/** Every file stands in one of these. */
const ROOMS = [
  'index.ts',
  ...OPERATIONS,
  ...NEST,
  ...VOCABULARY,
  'core/',
  'stores/',
  'heartbeat-thread/',
  'locked/',
  'http/',
  'otel/',
  'terminus/',
  'board/',
  'cli/',
  'testing/',
];

interface Layer {
  readonly rule: string;
  /** Files relative to `lib/`, folders with `/` at the end, beginnings with `*`; what follows a `!` is not meant. */
  readonly files: readonly string[];
  /** As in `files`, and packages. */
  readonly mayNotImport: readonly string[];
}

const LAYERS: readonly Layer[] = [
  {
    rule: 'what is asked on duty is expressed in the vocabulary and the port',
    files: OPERATIONS,
    mayNotImport: ['core/', 'stores/', ...butNot(['stores/lock-store.ts']), 'locked/', 'http/', ...NEST, '@nestjs/'],
  },
  {
    rule: 'the vocabulary stands on nothing but itself',
    files: VOCABULARY,
    mayNotImport: ['core/', 'stores/', 'locked/', 'http/', 'testing/', ...NEST, '@nestjs/'],
  },
  {
    rule: 'the core and the stores know no Nest',
    files: ['core/', 'stores/'],
    mayNotImport: ['@nestjs/', ...NEST, 'locked/', 'http/', 'testing/'],
  },
  {
    rule: 'the context knows no queue, no lease, no heartbeat',
    files: ['core/context/'],
    mayNotImport: ['core/queue/', 'core/lease/', 'core/heartbeat/'],
  },
  {
    rule: 'the heartbeat knows neither leases nor queues',
    files: ['core/heartbeat/'],
    mayNotImport: ['core/lease/', 'core/queue/'],
  },
  { rule: 'a lease knows no queue', files: ['core/lease/'], mayNotImport: ['core/queue/'] },
  {
    rule: 'the core knows the port of the stores, and no store',
    files: ['core/'],
    mayNotImport: ['stores/', ...butNot(['stores/lock-store.ts', 'stores/protocol.ts'])],
  },
  {
    rule: 'a store knows nothing of the core',
    files: ['stores/'],
    mayNotImport: ['core/', ...butNot(SHARED_WITH_STORES)],
  },
  { rule: 'the memory store knows no Redis', files: ['stores/memory/'], mayNotImport: ['stores/redis/', 'ioredis'] },
  { rule: 'the Redis store knows no other store', files: ['stores/redis/'], mayNotImport: ['stores/memory/'] },
  {
    rule: 'stores are chosen where the providers are made',
    // The options say what a connection may be.
    files: [
      '*',
      ...butNot(['stores/memory/', 'stores/redis/', 'index.ts', 'distributed-lock.options.ts', ...PROVIDERS]),
    ],
    mayNotImport: ['stores/memory/', 'stores/redis/'],
  },
  {
    rule: 'what renews leases in a thread knows leases and stores, and no Nest',
    files: ['heartbeat-thread/'],
    mayNotImport: ['@nestjs/', ...NEST, 'core/queue/', 'core/engine.ts', 'locked/', 'http/', 'testing/'],
  },
  {
    rule: 'threads are known to what starts them',
    files: ['*', ...butNot(['heartbeat-thread/', 'distributed-lock.providers.ts'])],
    mayNotImport: ['heartbeat-thread/', 'node:worker_threads'],
  },
  {
    rule: 'the service knows neither the decorator nor the module',
    files: ['lock.service.ts', 'lock.lifecycle.ts', 'lock.tokens.ts'],
    mayNotImport: ['distributed-lock.*', 'locked/', 'http/', 'testing/'],
  },
  {
    rule: 'the decorator works through the service',
    files: ['locked/'],
    mayNotImport: ['core/queue/', 'core/lease/', 'stores/', 'distributed-lock.*', 'http/', 'testing/'],
  },
  {
    rule: 'the answers to HTTP requests know errors and no locks',
    files: ['http/'],
    mayNotImport: ['core/', 'stores/', 'locked/', ...NEST, 'testing/'],
  },
  {
    // An entry point of its own stands above the main one.
    rule: 'nothing imports what is public as a whole',
    files: ['*', ...butNot(['testing/', 'otel/', 'terminus/', 'board/'])],
    mayNotImport: ['index.ts'],
  },
];

const library = readLibrary();
const paths = library.map(({ path }) => path);

describe('an import', () => {
  it('leads into no circle', () => {
    const graph = new Map(library.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
    expect(circles(graph)).toEqual([]);
  });

  it('keeps to the layers: every file stands where the table knows it', () => {
    expect(paths.filter((path) => !isMeant(path, ROOMS))).toEqual([]);
  });

  for (const { rule, files, mayNotImport } of LAYERS) {
    it(`keeps to the layers: ${rule}`, () => {
      const concerned = library.filter(({ path }) => isMeant(path, files));
      // A rule about nothing would hold whatever the files do.
      expect(concerned).not.toEqual([]);
      const wrong = concerned.flatMap(({ path, imports }) =>
        imports.filter(({ target }) => isMeant(target, mayNotImport)).map(({ target }) => `${path} → ${target}`),
      );
      expect([...new Set(wrong)]).toEqual([]);
    });
  }
});

describe('an export', () => {
  it('is used by another file, or public', () => {
    expect(deadExports(library, [...entryPoints(), THREAD_PROGRAM])).toEqual([]);
  });
});

describe('what the rules above are judged by', () => {
  it('sees imports and exports of every form', () => {
    const { imports, exports } = readFile(
      'core/example.ts',
      `import 'reflect-metadata';
       import ms, { type StringValue } from 'ms';
       import type { Lock as Held } from '../lock.js';
       import * as quoting from '../quoting.js';
       export { isLockError as isError } from '../lock.errors.js';
       export type * from '../lock.events.js';
       export const [a, { b }] = [quoting.show(1), await import('../duration.js')];
       export async function c(): Promise<import('../lock.messages.js').MisplacedLocked> {}
       export default class D {}
       interface E {}
       export type { E };`,
    );
    const written = imports.map(({ target, names }) => [target, names === 'all' ? names : [...names].join()]);
    expect(written).toEqual([
      ['reflect-metadata', ''],
      ['ms', 'default,StringValue'],
      ['lock.ts', 'Lock'],
      ['quoting.ts', 'show'],
      ['lock.errors.ts', 'isLockError'],
      ['lock.events.ts', 'all'],
      ['duration.ts', 'all'],
      ['lock.messages.ts', 'all'],
    ]);
    expect(exports).toEqual(['isError', 'a', 'b', 'c', 'default', 'E']);
  });

  it('names each circle once, by its shortest way', () => {
    const graph = { a: ['b'], b: ['c', 'd'], c: ['a', 'b'], d: ['d', 'e'], e: [] };
    expect(circles(new Map(Object.entries(graph)))).toEqual(['a → b → c → a', 'b → c → b', 'd → d']);
  });

  it('finds an export that only its own file, or nothing that is public, uses', () => {
    const file = (path: string, names: string[], imports: Record<string, string[]>): LibraryFile => ({
      path,
      exports: names,
      imports: Object.entries(imports).map(([target, each]) => ({ target, names: new Set(each) })),
    });
    const files = [
      file('index.ts', ['a'], { 'a.ts': ['a'] }),
      file('a.ts', ['a', 'own'], { 'b.ts': ['b'] }),
      file('b.ts', ['b', 'forgotten'], {}),
      file('island.ts', ['island'], { 'b.ts': ['forgotten'] }),
    ];
    expect(deadExports(files, ['index.ts'])).toEqual(['a.ts: own', 'b.ts: forgotten', 'island.ts: island']);
  });

  it('finds the files that the table names', () => {
    expect(paths).toEqual(expect.arrayContaining(['index.ts', ...VOCABULARY]));
    expect(paths).toEqual(expect.arrayContaining(entryPoints()));
    expect(entryPoints()).toContain('index.ts');
  });
});

function butNot(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => `!${pattern}`);
}

/** Whether a path is one of those that patterns name, see {@link Layer.files}. */
function isMeant(path: string, patterns: readonly string[]): boolean {
  const [not, is] = [patterns.filter((each) => each.startsWith('!')), patterns.filter((each) => !each.startsWith('!'))];
  return is.some((each) => matches(path, each)) && !not.some((each) => matches(path, each.slice(1)));
}

function matches(path: string, pattern: string): boolean {
  if (pattern.endsWith('*')) return path.startsWith(pattern.slice(0, -1));
  return pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern;
}
