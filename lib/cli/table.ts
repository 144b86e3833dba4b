/** Tables for people: columns as wide as they need to be, and cut where the terminal is not wide enough for all. */
import { cutToWidth, padToWidth, textWidth } from './text-width.js';

/** A column: its title, and at which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly side: 'left' | 'right';
}

const GAP = '  ';
/** A column is not cut to less, so a very narrow terminal wraps. */
const LEAST = 8;

/**
 * The lines of a table, the titles first.
 *
 * @param width - how many columns of the terminal there are; Infinity cuts nothing.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const needed = columns.map((_, i) => lines.reduce((most, line) => Math.max(most, textWidth(line[i]!)), 0));
  const widths = fitted(needed, width - GAP.length * (columns.length - 1));
  return lines.map((line) =>
    line
      .map((cell, i) => padToWidth(cutToWidth(cell, widths[i]!), widths[i]!, columns[i]!.side))
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes from the widest columns first. */
function fitted(needed: readonly number[], room: number): number[] {
  const widths = [...needed];
  let over = widths.reduce((sum, each) => sum + each, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= LEAST) break;
    widths[widths.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}
