/** What can be typed: the commands, and the options of each. Both the reading of arguments and the help go by these tables. */

/** One option, by its long name. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** What belongs to one command. */
interface CommandSpec {
  /** What stands behind the name of the program. */
  readonly usage: string;
  /** In a line, for the list of commands. */
  readonly summary: string;
  /** What it is for and what it prints, in lines of at most 100 characters. */
  readonly about: readonly string[];
  readonly examples: readonly string[];
  /** Whether it is about one key. */
  readonly takesKey: boolean;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', short: 'h', help: 'says how it is used' },
  version: { type: 'boolean', short: 'v', help: 'says which version it is' },
};

/** Where the locks are. */
export const CONNECTION_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  redis: {
    type: 'string',
    short: 'r',
    value: 'URL',
    help: 'redis://[user:password@]host[:port][/db], or rediss://; default: REDIS_URL, or redis://localhost:6379',
  },
  cluster: { type: 'string', value: 'HOST:PORT,…', help: 'some servers of a Redis Cluster, instead of --redis' },
  sentinel: { type: 'string', value: 'HOST:PORT,…', help: 'Sentinels, instead of --redis; with --name' },
  name: { type: 'string', value: 'NAME', help: 'name of the master that the Sentinels watch' },
  db: { type: 'string', value: 'N', help: 'number of the database; default: that of the URL, or 0' },
  tls: { type: 'boolean', help: 'encrypts the connection, as rediss:// does' },
  prefix: { type: 'string', value: 'TEXT', help: 'the prefix option of the module; default: lock' },
  timeout: { type: 'string', value: 'TIME', help: 'how long Redis may take for an answer; default: 5s' },
};

const JSON_OPTION: OptionSpec = { type: 'boolean', help: 'prints JSON, for programs' };
const MATCH: OptionSpec = { type: 'string', value: 'PATTERN', help: "only these keys, as 'order:*'; also ? and [ab]" };
const LIMIT: OptionSpec = { type: 'string', value: 'N', help: 'stops after so many keys; default: all' };

export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  ls: {
    usage: 'ls [options]',
    summary: 'which keys are held or waited for, and by which process',
    about: [
      'Lists the keys that are held or waited for, those with the longest queue first: who holds each, what time',
      'its lease has left unless it is renewed, its fencing token, and how many processes wait. It reads the keys',
      'in pieces and never blocks Redis. With --json each key is one line, in no order, as soon as it is read.',
    ],
    examples: ['ls', "ls --match 'order:*' --limit 50", 'ls --json | jq -r .key'],
    takesKey: false,
    options: { match: MATCH, limit: LIMIT, json: JSON_OPTION },
  },
  show: {
    usage: 'show [options] KEY',
    summary: 'who holds a key, since when and for what, and who waits',
    about: [
      'Shows one key: its holders, their processes, and the queue. The processes are asked what they do with it, so',
      'it also says for what and since when; one that hangs or has died does not answer, which is said, too.',
      'Ends with 1 when the key is neither held nor waited for.',
    ],
    examples: ['show order:42', 'show --json order:42', "show -- '--odd-key'"],
    takesKey: true,
    options: { json: JSON_OPTION },
  },
  release: {
    usage: 'release [options] --reason TEXT KEY',
    summary: 'takes a key away from its holder',
    about: [
      'Takes a key away from whoever holds it, and lets the next in the queue come in. The holder is told at once:',
      'its signal aborts with a LockLostError that carries the reason. Work that does not heed it goes on, and is',
      'then no longer alone. It asks before, unless there is --yes; without a terminal it needs --yes.',
      'Ends with 1 when there was nothing to release.',
    ],
    examples: [
      "release order:42 --reason 'worker-7 hangs, INC-311'",
      "release order:42 --reason 'deploy' --by deploy-bot --yes",
      "release --json --yes --reason 'clean-up' order:42",
    ],
    takesKey: true,
    options: {
      reason: { type: 'string', value: 'TEXT', help: 'why, for the log and for the holder; must be given' },
      by: { type: 'string', value: 'NAME', help: 'who does it; default: the user of the operating system' },
      yes: { type: 'boolean', short: 'y', help: 'does not ask' },
      json: JSON_OPTION,
    },
  },
  watch: {
    usage: 'watch [options]',
    summary: 'the same as ls, kept up to date',
    about: [
      'Keeps the list of ls up to date on a terminal. Where the output is no terminal, or with --json, it prints a',
      'line for each change instead: a key is held, changes hands, is waited for by more or fewer, is free.',
      'Ctrl-C ends it, with 0. When Redis goes away it says so and goes on when it is back.',
    ],
    examples: ['watch', "watch --match 'order:*' --interval 5s", 'watch --json >> locks.ndjson'],
    takesKey: false,
    options: {
      match: MATCH,
      limit: LIMIT,
      interval: { type: 'string', value: 'TIME', help: 'how often it looks; default: 1s' },
      json: JSON_OPTION,
    },
  },
};

/** Every option of a command; without one, of all of them. */
export function optionsOf(command: string | undefined): Readonly<Record<string, OptionSpec>> {
  const own =
    command === undefined ? Object.values(COMMANDS).map(({ options }) => options) : [COMMANDS[command]!.options];
  return Object.assign({}, ...own, CONNECTION_OPTIONS, GLOBAL_OPTIONS) as Readonly<Record<string, OptionSpec>>;
}
