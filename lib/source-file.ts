/** Where a file of the package lies, which `import.meta.url` says in one of its builds and `__filename` in the other. */
import { fileURLToPath } from 'node:url';

/** The path of the file that calls; in a bundle, that of the bundle. Undefined where it can't be told. */
export function sourceFile(): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 2;
    Error.prepareStackTrace = (_, calls) => calls;
    const [, call] = new Error().stack as unknown as NodeJS.CallSite[];
    const file = call?.getFileName();
    if (!file) return undefined;
    return file.startsWith('file:') ? fileURLToPath(new URL(file)) : file;
  } catch {
    return undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
