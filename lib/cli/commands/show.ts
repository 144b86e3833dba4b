/** `show KEY`: all that is known of a key. */
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { inspectionJson, jsonLine } from '../json-text.js';
import { inspectionText } from '../inspection-text.js';
import type { Terminal } from '../terminal.js';
import { stateOf } from '../words.js';

export function show({ key, options }: Arguments, terminal: Terminal): Command {
  return async (operator) => {
    const found = await operator.inspect(key, {});
    const { holders, waiters, foreign } = found;
    const state = stateOf({ holderCount: holders.length, waitingCount: waiters.length, foreign });
    if (options['json'] === true) await terminal.print(jsonLine(inspectionJson(found)));
    else await terminal.print(inspectionText(found, terminal));
    return state === 'free' ? EXIT.nothing : EXIT.fine;
  };
}
