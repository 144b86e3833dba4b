/** Texts that would forge a line of a log, recolour a terminal, turn its writing direction, or fill it. */
export const NASTY: Readonly<Record<string, string>> = {
  'a line break': 'order\n[Nest] 1  - LOG everything is fine',
  'escape sequences': 'order\r\x1b[2J\x1b[31m\u0085\u009b31m',
  'Unicode’s separators of lines': 'order\u2028next\u2029next',
  'writing directions': 'order\u202egnp.exe\u2066\u200f\ufeff',
  'invisible tags': 'order\u{e0041}\u{e007f}',
  'quotes and backslashes': '"quoted" \\n and \\u000a',
  'many emoji': '💥'.repeat(400),
  'a very long middle': `${'a'.repeat(119)}💥${'\n'.repeat(5_000)}💥${'z'.repeat(59)}`,
};

/** What must not be in a message. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
