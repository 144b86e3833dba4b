/**
 * Streams and generators as the result of a locked method: they begin to flow when the caller reads them, after the lock
 * was given back. Streams that can be recognised are refused; one that has read its source to the end is only a value in memory.
 */
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';

interface Stream {
  readonly what: string;
  readonly isFlowing: boolean;
  /** Closes the stream, which the caller will never get to see. */
  close(): void;
}

/** Throws a `LockOptionsError` where a method's result would flow without its lock. */
export function refuseStream(method: string, outcome: unknown): void {
  const stream = typeof outcome === 'object' && outcome !== null ? streamOf(outcome) : undefined;
  if (!stream?.isFlowing) return;
  stream.close();
  throw new LockOptionsError(messages.streamOutcome(method, stream.what));
}

/**
 * Recognised by methods and not by class, of which there may be several copies. Some objects throw when they are read.
 */
function streamOf(outcome: object): Stream | undefined {
  try {
    return streamableFile(outcome) ?? nodeStream(outcome, 'a stream') ?? webStream(outcome) ?? generator(outcome);
  } catch {
    return undefined;
  }
}

function streamableFile(outcome: object): Stream | undefined {
  const { getStream, getHeaders } = outcome as { getStream?: () => object; getHeaders?: unknown };
  if (typeof getStream !== 'function' || typeof getHeaders !== 'function') return undefined;
  const stream: unknown = getStream.call(outcome);
  return typeof stream === 'object' && stream !== null ? nodeStream(stream, 'a StreamableFile') : undefined;
}

interface Readable {
  pipe?: unknown;
  read?: unknown;
  on?: (event: 'error', listener: () => void) => unknown;
  /** A method of sockets only; a socket is a connection rather than a result that is yet to come. */
  connect?: unknown;
  destroy?: () => unknown;
  readonly destroyed?: boolean;
  readonly readableEnded?: boolean;
  readonly _readableState?: { readonly ended?: boolean };
}

function nodeStream(outcome: Readable, what: string): Stream | undefined {
  const { pipe, read, on, connect, destroyed, readableEnded } = outcome;
  if (![pipe, read, on].every((method) => typeof method === 'function') || typeof connect === 'function')
    return undefined;
  const close = (): void => {
    outcome.on?.('error', () => undefined);
    outcome.destroy?.();
  };
  // A source that has ended needs no lock any more; no public property tells that before it was read.
  return { what, isFlowing: !destroyed && !readableEnded && outcome._readableState?.ended !== true, close };
}

/** Its body runs when the caller takes its values. An iterator that is no generator has nothing left to run. */
function generator(outcome: { return?: (value?: unknown) => unknown }): Stream | undefined {
  if (Object.prototype.toString.call(outcome) !== '[object Generator]') return undefined;
  return { what: 'a generator', isFlowing: true, close: () => void outcome.return?.() };
}

function webStream(outcome: { getReader?: unknown; cancel?: () => Promise<void> }): Stream | undefined {
  if (typeof outcome.getReader !== 'function' || typeof outcome.cancel !== 'function') return undefined;
  const close = (): void => void outcome.cancel?.().catch(() => undefined);
  return { what: 'a ReadableStream', isFlowing: true, close };
}
