/** `ls`: the keys that are held or waited for. */
import type { KeyOverview } from '../../lock.operations.js';
import { readCount } from '../arguments.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { jsonLine, overviewJson } from '../json-text.js';
import { overviewTable } from '../overview-table.js';
import type { Terminal } from '../terminal.js';
import { refusePart } from '../whole-list.js';
import { byQueue } from '../words.js';

export function ls({ options }: Arguments, terminal: Terminal): Command {
  const limit = readCount('limit', options['limit'], 1) ?? Infinity;
  const match = typeof options['match'] === 'string' ? options['match'] : '*';
  const asJson = options['json'] === true;
  return async (operator) => {
    if (options['cluster'] === undefined) await refusePart(operator);
    const found: KeyOverview[] = [];
    let count = 0;
    // One more than is shown, to see whether that is all.
    for await (const each of operator.list({ match, limit: limit + 1 })) {
      if (terminal.closed.aborted) return EXIT.fine;
      count += 1;
      if (count > limit) break;
      if (asJson) await terminal.print(jsonLine(overviewJson(each)));
      else found.push(each);
    }
    if (found.length > 0) await terminal.print(overviewTable(found.sort(byQueue), terminal));
    if (count === 0) {
      const which = match === '*' ? 'No key' : 'No such key';
      terminal.say(`${which} is held or waited for.`);
    }
    if (count > limit) terminal.say(`There are more than ${limit}; --limit says how many are read.`);
    return EXIT.fine;
  };
}
