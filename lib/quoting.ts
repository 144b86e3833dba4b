/**
 * How text that is not the library's own (keys, values of options, errors of other code) stands in a message: visible,
 * on one line and of bounded length, so that no key can forge a line of a log, recolour a terminal or fill a disk.
 */

/** Longer text is cut in the middle, where keys differ least. */
const LONGEST = 200;
const HEAD = 120;
const TAIL = 60;
/** The message of an error may need more room; it is cut as well. */
const LONGEST_MESSAGE = 400;

/** Control characters (of terminals, too), format characters (writing direction, invisible ones), and separators of lines. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text in quotes. */
export function quote(text: string): string {
  return `"${cut(text, LONGEST, (part) => visible(JSON.stringify(part).slice(1, -1)))}"`;
}

/** A text without quotes; what is visible already stays as it is, so doing it twice changes nothing. */
export function plain(text: string, longest = LONGEST): string {
  return cut(text, longest, visible);
}

/** A text without the user names and passwords of URLs, wherever they stand in it. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/\S*@/g, '//…@');
}

/** The value of an option or an argument. Objects are named and not shown: what they contain may be a secret. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(withoutCredentials(value));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return plain(String(value));
}

/** The message of an error; for anything else that was thrown, what it is. */
export function say(thrown: unknown): string {
  if (typeof thrown === 'string') return plain(thrown, LONGEST_MESSAGE);
  try {
    const { message } = thrown as Partial<Error>;
    if (typeof message === 'string') return plain(message, LONGEST_MESSAGE);
  } catch {
    // It throws when it is read.
  }
  return show(thrown);
}

function cut(text: string, longest: number, escape: (part: string) => string): string {
  if (text.length <= longest) return escape(text);
  const head = text.slice(0, HEAD).replace(/[\ud800-\udbff]$/, '');
  const tail = text.slice(longest === LONGEST ? -TAIL : HEAD - longest).replace(/^[\udc00-\udfff]/, '');
  return `${escape(head)} … ${text.length - head.length - tail.length} characters … ${escape(tail)}`;
}

/** A text with everything escaped that a terminal or a log would not show as it is. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => {
    const code = char.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}
