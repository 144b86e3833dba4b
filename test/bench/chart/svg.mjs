/** The pieces of the picture, and how it looks on a light page and on a dark one. */

export const WIDTH = 900;
export const GAP = 14;

/** Its background is its own: what a page puts behind a picture is not always what the reader's system prefers. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #24292f }
  .heading { font-size: 16px; font-weight: 600 } .title { font-size: 13px; font-weight: 600 }
  .faint { font-size: 11px; fill: #57606a } .value { font-variant-numeric: tabular-nums; paint-order: stroke; stroke: #f6f8fa; stroke-width: 3px }
  .page { fill: #ffffff } .panel { fill: #f6f8fa; stroke: #d0d7de } .grid { stroke: #d0d7de }
  .own { fill: #0969da } .peer { fill: #9aa4af } .hand { fill: #57606a }
  .curve { fill: none; stroke: #0969da; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #9198a1 } .value { stroke: #151b23 }
    .page { fill: #0d1117 } .panel { fill: #151b23; stroke: #3d444d } .grid { stroke: #3d444d }
    .own { fill: #4493f8 } .peer { fill: #656c76 } .hand { fill: #9198a1 }
    .curve { stroke: #4493f8 }
  }`;

export function picture(height, content) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    '<title>Benchmark of nestjs-distributed-lock</title>',
    `<style>${STYLE}\n</style>`,
    rectangle(0, 0, WIDTH, height, 'page'),
    ...content.flat(),
    '</svg>\n',
  ].join('\n');
}

export const text = (x, y, words, kind, anchor = 'start') =>
  `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${escape(words)}</text>`;

export const rectangle = (x, y, width, height, kind, radius = 0) =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}" class="${kind}"/>`;

export const line = (x1, y1, x2, y2, kind) =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;

export const circle = (x, y, radius, kind) =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" class="${kind}"/>`;

export const path = (points, kind) =>
  `<polyline points="${points.map((point) => point.map(round).join(',')).join(' ')}" class="${kind}"/>`;

/** The frame of a panel with its title, and what its figures are. */
export function frame({ x, y, width, height }, title, about) {
  return [
    rectangle(x, y, width, height, 'panel', 6),
    text(x + 12, y + 21, title, 'title'),
    text(x + 12, y + 37, about, 'faint'),
  ];
}

/** A round figure beside a scale. */
export const mark = (value) => (value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(value));

/** In three digits, thousands as `k`. */
export function short(value) {
  if (value >= 999_500) return `${three(value / 1e6)}M`;
  if (value >= 9_995) return `${three(value / 1e3)}k`;
  return value >= 1_000 ? String(Math.round(value)) : three(value);
}

function three(value) {
  if (value === 0) return '0';
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

const round = (number) => Math.round(number * 10) / 10;

const escape = (words) => words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
