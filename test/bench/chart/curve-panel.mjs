/** A panel with a curve over n, both axes logarithmic. */
import { logarithmic } from './scale.mjs';
import { circle, frame, line, mark, path, short, text } from './svg.mjs';

const HEAD = 64; // room for the label of a point at the top
const PLOT = 120;
const FOOT = 26;
const MARKS = 46;
const SIDE = 26;

export const CURVE_PANEL_HEIGHT = HEAD + PLOT + FOOT;

export function curvePanel({ rows, column, title, about }, { x, y, width }) {
  const place = { x, y, width, height: CURVE_PANEL_HEIGHT };
  const known = rows.filter((row) => row[column] > 0);
  const scale = logarithmic(
    known.map((row) => row[column]),
    PLOT,
  );
  const left = x + MARKS;
  const right = x + width - SIDE;
  const bottom = y + HEAD + PLOT;
  const across = (size) => left + (rows.findIndex((row) => row.size === size) / (rows.length - 1)) * (right - left);
  const points = known.map((row) => [across(row.size), bottom - scale.at(row[column])]);
  return [
    ...frame(place, title, about),
    ...scale.marks.flatMap((value) => [
      line(left - 8, bottom - scale.at(value), right + 8, bottom - scale.at(value), 'grid'),
      text(left - 12, bottom - scale.at(value) + 4, mark(value), 'faint', 'end'),
    ]),
    ...rows.map(({ size }) =>
      text(across(size), bottom + 17, `${size === 1 ? 'n = ' : ''}${mark(size)}`, 'faint', 'middle'),
    ),
    path(points, 'curve'),
    ...points.flatMap(([px, py], i) => [
      circle(px, py, 3, 'own'),
      text(px, py - 8, short(known[i][column]), 'value', 'middle'),
    ]),
  ];
}
