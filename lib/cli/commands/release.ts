/** `release KEY`: takes a key away, after a person or `--yes` has said so. */
import { userInfo } from 'node:os';
import { quote, visible } from '../../quoting.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { inspectionText } from '../inspection-text.js';
import { jsonLine } from '../json-text.js';
import type { Terminal } from '../terminal.js';

/** What the library lets through. */
const [LONGEST_REASON, LONGEST_NAME] = [500, 100];

export function release({ key, options }: Arguments, terminal: Terminal): Command {
  const reason = readText('reason', options['reason'], LONGEST_REASON);
  if (reason === undefined)
    throw new UsageError('release needs --reason: the holder and the log are told it.', 'release');
  const by = readText('by', options['by'], LONGEST_NAME) ?? userName();
  const mayAsk = options['yes'] !== true;
  if (mayAsk && !terminal.canAsk)
    throw new UsageError('There is no terminal to ask, so release needs --yes.', 'release');
  return async (operator) => {
    const found = mayAsk ? await operator.inspect(key, {}) : undefined;
    const isFree = found !== undefined && found.holder === null && !found.foreign;
    if (found && !isFree) {
      terminal.say(inspectionText(found, { ...terminal, hasColours: false }).trimEnd());
      const answer = await terminal.ask('Work that goes on is then no longer alone. Take it away? [y/N] ');
      if (!/^y(es)?$/i.test(answer.trim())) {
        terminal.say('Nothing was done.');
        return EXIT.nothing;
      }
    }
    const isReleased = !isFree && (await operator.forceRelease(key, { reason, by }));
    const news = `${quote(key)} was taken away, by ${visible(by)}.`;
    const text = options['json'] === true ? jsonLine({ key, released: isReleased, reason, by }) : `${news}\n`;
    const printed = isReleased || options['json'] === true ? terminal.print(text) : undefined;
    await printed?.catch((error: unknown) => {
      // It is done all the same, which must not be lost with the output.
      if (isReleased) terminal.say(news);
      throw error;
    });
    if (!isReleased) terminal.say(`Nothing to release: ${quote(key)} is not held.`);
    return isReleased ? EXIT.fine : EXIT.nothing;
  };
}

function readText(name: string, text: string | true | undefined, longest: number): string | undefined {
  if (typeof text !== 'string') return undefined;
  if (text.trim() !== '' && text.length <= longest) return text;
  throw new UsageError(`--${name} is a text of 1 to ${longest} characters.`, 'release');
}

function userName(): string {
  try {
    return userInfo().username.slice(0, LONGEST_NAME) || 'unknown';
  } catch {
    return 'unknown'; // A container may run under a number that no user has.
  }
}
