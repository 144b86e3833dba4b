/** Prints a case as aligned text, with a footnote for each row that failed. */

export function formatTable({ title, columns, rows, notes }) {
  const failures = [...new Set(rows.flatMap(({ failure }) => failure ?? []))];
  const body = rows.map((row) => [row.entry.contestant.name, ...cells(row, columns, failures)]);
  const table = [['', ...columns.map(({ label }) => label)], ...body];
  const widths = table[0].map((_, i) => Math.max(...table.map((line) => line[i].length)));
  const lines = table.map((line) => line.map((cell, i) => pad(cell, widths[i], i)).join('   '));
  const footnotes = failures.map((failure, i) => `[${i + 1}] ${failure}`);
  return [title, '─'.repeat(title.length), ...lines.map((line) => line.trimEnd()), ...notes, ...footnotes].join('\n');
}

function cells(row, columns, failures) {
  if (row.failure === undefined) return columns.map(({ key, digits }) => text(row[key], digits));
  return columns.map((_, i) => (i === 0 ? `failed [${failures.indexOf(row.failure) + 1}]` : ''));
}

const text = (value, digits) => (typeof value === 'number' ? value.toFixed(digits) : value);

const pad = (cell, width, column) => (column === 0 ? cell.padEnd(width) : cell.padStart(width));
