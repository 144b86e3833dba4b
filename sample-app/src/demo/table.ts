/** The summary. */

/** What one step of the demo promised and what came of it. */
export interface Row {
  readonly step: string;
  readonly expected: string;
  readonly seen: string;
  readonly held: boolean;
}

export function formatTable(rows: readonly Row[]): string {
  const head = ['', 'step', 'expected', 'seen'];
  const body = rows.map(({ held, step, expected, seen }) => [held ? 'ok' : 'FAILED', step, expected, seen]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((line) => line[column]!.length)));
  const format = (line: string[]) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [format(head), rule, ...body.map(format)].join('\n');
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
