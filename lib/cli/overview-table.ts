/** Keys as a table that fits the terminal. */
import type { KeyOverview } from '../lock.operations.js';
import { bold } from './colours.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';
import { OVERVIEW_COLUMNS, overviewCells } from './words.js';

/** Every line ends with a line feed. */
export function overviewTable(keys: readonly KeyOverview[], terminal: Terminal): string {
  const width = terminal.size()?.columns ?? Infinity;
  const [titles, ...rows] = tableLines(OVERVIEW_COLUMNS, keys.map(overviewCells), width);
  return `${[bold(titles!, terminal), ...rows].join('\n')}\n`;
}
