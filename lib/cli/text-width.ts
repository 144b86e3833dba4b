/** How many columns of a terminal a text takes, and how it is cut to fewer. */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** East Asian and emoji characters take two columns. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])|\ufe0f/u;
/** Marks by themselves take none. */
const NONE = /^\p{M}+$/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** The columns of a text without control characters. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** The text, with its middle left out where it would take more than `most` columns. */
export function cutToWidth(text: string, most: number): string {
  if (textWidth(text) <= most) return text;
  if (most <= 1) return most === 1 ? '…' : '';
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  // Keys differ least in their middle.
  const head = take(parts, Math.ceil((most - 1) / 2));
  const tail = take([...parts].reverse(), most - 1 - textWidth(head.join('')));
  return `${head.join('')}…${tail.reverse().join('')}`;
}

/** The text with spaces behind it, or in front, up to so many columns. */
export function padToWidth(text: string, width: number, side: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'left' ? text + space : space + text;
}

function take(parts: readonly string[], most: number): string[] {
  const taken: string[] = [];
  let width = 0;
  for (const part of parts) {
    width += widthOf(part);
    if (width > most) break;
    taken.push(part);
  }
  return taken;
}

function widthOf(segment: string): number {
  if (WIDE.test(segment)) return 2;
  return NONE.test(segment) ? 0 : 1;
}
