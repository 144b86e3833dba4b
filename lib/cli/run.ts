/** From a command line to an exit code: reads it, opens Redis, has the command carried out, and says what went wrong. */
import { readKey } from '../core/key-requests.js';
import { isLockError } from '../lock.errors.js';
import { plain, say } from '../quoting.js';
import { readArguments } from './arguments.js';
import type { Arguments } from './arguments.js';
import { ls } from './commands/ls.js';
import { release } from './commands/release.js';
import { show } from './commands/show.js';
import { watch } from './commands/watch.js';
import type { Command } from './command.js';
import { readTarget } from './connection.js';
import type { Target } from './connection.js';
import { EXIT, OutputError, UsageError } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import { failureText } from './failure-text.js';
import { helpText } from './help.js';
import { withOperator } from './session.js';
import type { Terminal } from './terminal.js';
import { ownVersion } from './version.js';

const PREPARE: Readonly<Record<string, (given: Arguments, terminal: Terminal) => Command>> = {
  ls,
  show,
  release,
  watch,
};

/** Never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let target: Target | undefined;
  let given: Arguments | undefined;
  try {
    given = readArguments(args);
    const { command, options } = given;
    if (options['help'] === true) return await printed(terminal, helpText(command));
    if (options['version'] === true) return await printed(terminal, `${ownVersion()}\n`);
    if (command === undefined) {
      terminal.say(helpText(undefined).trimEnd());
      return EXIT.usage;
    }
    if (given.key !== '') readKey(given.key, command, Infinity);
    // Everything that can be wrong with the options is found before Redis is asked.
    const work = PREPARE[command]!(given, terminal);
    target = readTarget(given, terminal.env);
    if (target.isDefault) terminal.say(`Redis: ${target.address}; neither --redis nor REDIS_URL says otherwise.`);
    return await withOperator(target, work);
  } catch (error) {
    return failed(error, terminal, { given, target });
  }
}

async function printed(terminal: Terminal, text: string): Promise<ExitCode> {
  await terminal.print(text);
  return EXIT.fine;
}

/** What was understood before something went wrong. */
interface Understood {
  readonly given: Arguments | undefined;
  readonly target: Target | undefined;
}

const NOTHING: Arguments = { command: undefined, key: '', options: {} };

function failed(error: unknown, terminal: Terminal, { given = NOTHING, target }: Understood): ExitCode {
  if (error instanceof UsageError) {
    terminal.say(`${error.message} See --help${error.command === undefined ? '' : ` of ${error.command}`}.`);
    return EXIT.usage;
  }
  if (isLockError(error, 'LOCK_OPTIONS', 'LOCK_KEY')) {
    terminal.say(failureText(error, given));
    return EXIT.usage;
  }
  if (error instanceof OutputError) {
    terminal.say(`Can't write the output: ${plain(error.message)}`);
    return EXIT.failed;
  }
  if (isLockError(error)) {
    terminal.say(`Can't ask ${target?.address ?? 'Redis'}: ${failureText(error, given)}`);
    return EXIT.failed;
  }
  terminal.say(
    `A fault of this program: ${say(error)}\n${plain((error as Partial<Error> | null)?.stack ?? '', 4_000)}`,
  );
  return EXIT.fault;
}
