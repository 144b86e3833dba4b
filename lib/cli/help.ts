/** What `--help` says, made of the tables of `commands.ts`. */
import { COMMANDS, CONNECTION_OPTIONS, GLOBAL_OPTIONS } from './commands.js';
import type { OptionSpec } from './commands.js';

const PROGRAM = 'nestjs-distributed-lock';

const ENVIRONMENT = `Environment:
  REDIS_URL                where Redis is, when none of --redis, --cluster, --sentinel is given
  REDIS_USERNAME, REDIS_PASSWORD
                           user name and password, so that they need not be on the command line, where other
                           users of the machine can read them; what stands in the URL comes first
  REDIS_SENTINEL_PASSWORD  password of the Sentinels
  NO_COLOR                 no colours
`;

const EXIT_CODES = `Exit codes:
  0  done
  1  there is no such key, or nothing to release
  2  the command line is wrong
  3  Redis can't be reached, does not answer in time, or refuses; or the output can't be written
  70 a fault of this program
`;

/** Of the program, or of one command. */
export function helpText(command: string | undefined): string {
  return command === undefined ? programHelp() : commandHelp(command);
}

function programHelp(): string {
  const commands = Object.values(COMMANDS).map(({ usage, summary }) => [usage, summary] as const);
  return [
    `Looks after the distributed locks of NestJS applications in Redis, past the applications themselves.`,
    `\nUsage: npx ${PROGRAM} COMMAND [options]`,
    `\nCommands:\n${columns(commands)}`,
    `\nWhere the locks are:\n${optionLines(CONNECTION_OPTIONS)}`,
    `\nMore:\n${optionLines(GLOBAL_OPTIONS)}`,
    `\nExamples:\n${examples(['ls -r redis://redis.internal:6379', 'show order:42', "release order:42 --reason 'worker-7 hangs'"])}`,
    `\n${ENVIRONMENT}\n${EXIT_CODES}`,
    `${PROGRAM} COMMAND --help tells more of a command.\n`,
  ].join('\n');
}

function commandHelp(command: string): string {
  const { usage, about, options, examples: lines } = COMMANDS[command]!;
  return [
    `Usage: npx ${PROGRAM} ${usage}`,
    `\n${about.join('\n')}`,
    `\nOptions:\n${optionLines(options)}`,
    `\nWhere the locks are:\n${optionLines(CONNECTION_OPTIONS)}`,
    `\nExamples:\n${examples(lines)}`,
    `\n${ENVIRONMENT}\n${EXIT_CODES}`,
  ].join('\n');
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string {
  return columns(
    Object.entries(options).map(([name, { short, value, help }]) => [
      `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      help,
    ]),
  );
}

function examples(lines: readonly string[]): string {
  return lines.map((line) => `  npx ${PROGRAM} ${line}`).join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
