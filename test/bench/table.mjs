/** Prints a case as aligned text, with a footnote for each row that failed or that needs a remark. */

export function formatTable({ title, columns, rows, notes }) {
  const remarks = [...new Set(rows.flatMap(({ failure, remark }) => failure ?? remark ?? []))];
  const body = rows.map((row) => [row.label ?? row.entry.contestant.name, ...cells(row, columns, remarks)]);
  const table = [['', ...columns.map(({ label }) => label)], ...body];
  const widths = table[0].map((_, i) => Math.max(...table.map((line) => line[i].length)));
  const lines = table.map((line) => line.map((cell, i) => pad(cell, widths[i], i)).join('   '));
  const footnotes = remarks.map((remark, i) => `[${i + 1}] ${remark}`);
  return [title, '─'.repeat(title.length), ...lines.map((line) => line.trimEnd()), ...notes, ...footnotes].join('\n');
}

function cells(row, columns, remarks) {
  const [first, ...others] = columns.map(({ key, digits }) =>
    row.failure === undefined ? text(row[key], row.digits ?? digits) : '',
  );
  const footnote = remarks.indexOf(row.failure ?? row.remark) + 1;
  if (footnote === 0) return [first, ...others];
  return [`${row.failure === undefined ? first : 'failed'} [${footnote}]`, ...others];
}

/** What a row has no figure for stays empty. */
function text(value, digits) {
  if (typeof value !== 'number') return value ?? '';
  return Number.isNaN(value) ? '' : value.toFixed(digits);
}

const pad = (cell, width, column) => (column === 0 ? cell.padEnd(width) : cell.padStart(width));
