/**
 * What went wrong with Redis, for a person at a command line. The errors of the library speak to a program: of the options of
 * its module, and of a `cause` that can't be looked at here. What Redis says is kept, and what to do is said in the words of
 * the command.
 */
import type { LockError } from '../lock.errors.js';
import { say } from '../quoting.js';
import type { Arguments } from './arguments.js';

/** How a server of a Cluster answers a client that takes it for a single server. */
const OF_CLUSTER = /^(?:MOVED|ASK|CROSSSLOT)\b|access a non local key/;

/** What Redis answers, and what is to be done about it. */
const ADVICE: readonly (readonly [RegExp, (given: Arguments) => string])[] = [
  [OF_CLUSTER, () => 'It is a server of a Redis Cluster: name the Cluster with --cluster HOST:PORT instead.'],
  [/cluster support disabled/, () => 'It is no Redis Cluster: name the server with --redis URL instead of --cluster.'],
  [
    /NOPERM|user executing the script|ACL failure/,
    ({ command }) =>
      `The Redis user lacks a right that ${command} needs; docs/redis-permissions.md of this package has all of them.`,
  ],
  [
    /WRONGPASS|NOAUTH|invalid password|ERR AUTH\b/,
    ({ options }) =>
      'Check the user name and the password, in the URL or in REDIS_USERNAME and REDIS_PASSWORD' +
      `${options['sentinel'] === undefined ? '' : '; that of the Sentinels is REDIS_SENTINEL_PASSWORD'}.`,
  ],
];

/** What the library says, in the words of the command. */
const WORDS: readonly (readonly [string, string])[] = [
  [' Check the store; `cause` has the details.', ' Look at the server and its log.'],
  ['`commandTimeout`', '--timeout'],
  ['option `connection`', 'address of Redis'],
  ['the `connection`', 'the address'],
];

/** One line, that names nothing which is not there at a command line. */
export function failureText(error: LockError, given: Arguments): string {
  const said = answerOf(error);
  const [, advise] = ADVICE.find(([answer]) => answer.test(said)) ?? [];
  if (advise) return `${said.replace(/\.+$/, '')}. ${advise(given)}`;
  return WORDS.reduce((text, [library, command]) => text.replaceAll(library, command), error.message);
}

/** Whether the server that was asked is one of several that share the keys among them. */
export function isOfCluster(error: LockError): boolean {
  return OF_CLUSTER.test(answerOf(error));
}

/** What Redis, or the client, has said. */
function answerOf({ cause, message }: LockError): string {
  return cause instanceof Error ? say(cause) : message;
}
