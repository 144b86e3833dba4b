/**
 * Where the application called the library: the first line of the stack that is neither the library's, nor a package's, nor
 * of Node.js itself. A stack costs some microseconds, so this is for what happens once.
 */

/** The library's own lines come first, and there may be packages between them and the application. */
const DEEPEST = 50;
/** A line as V8 writes it: `at name (file:line:column)`, or without a name. */
const LINE = /^\s*at (?:.*\()?(.+?):(\d+):(\d+)\)?$/;
/** What is not the application: Node.js, packages, code that stands in no file. */
const FOREIGN = /^(?:node:|native\b|<anonymous>|eval at )|[/\\]node_modules[/\\]/;
/** This file, below the folder of the library. */
const THIS_FILE = /core[/\\]call-site\.[cm]?[jt]s$/;

/** As in `/app/src/orders.service.ts:12:30`; undefined where the application is not on the stack, or can't be told. */
export function callSite(stack = currentStack()): string | undefined {
  let library: string | undefined;
  for (const line of stack.split('\n')) {
    const [, file, row, column] = LINE.exec(line) ?? [];
    if (file === undefined) continue;
    // The first line is this file's own. In a bundle it is not; then nothing can be told from the library.
    library ??= THIS_FILE.test(file) ? file.replace(THIS_FILE, '') : '';
    if (!FOREIGN.test(file) && !file.startsWith(library)) return `${file.replace(/^file:\/\//, '')}:${row}:${column}`;
  }
  return undefined;
}

/** As text, which source maps have been applied to where they are in use. */
function currentStack(): string {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = DEEPEST;
    return String(new Error().stack);
  } catch {
    // Programs may freeze `Error`, or write stacks in a way that fails.
    return '';
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
