/**
 * The Redis protocol as far as a proxy needs it: where one message ends and the next begins, in both directions and
 * both versions of the protocol, and what a request or the head of a reply says.
 */

/** Cuts a byte stream into whole messages. What is left over waits for the next chunk. */
export class MessageSplitter {
  private rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const messages: Buffer[] = [];
    for (let end = endOfMessage(bytes, 0); end !== -1; end = endOfMessage(bytes, 0)) {
      messages.push(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    this.rest = bytes;
    return messages;
  }
}

/** Offset just behind the message that starts at `start`; -1 when it is not complete yet. */
function endOfMessage(bytes: Buffer, start: number): number {
  const line = lineEnd(bytes, start);
  if (line === -1) return -1;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const size = Number(bytes.toString('latin1', start + 1, line - 2));
  switch (type) {
    case '$': // bulk string
    case '!': // bulk error
    case '=': // verbatim string
      if (size < 0) return line;
      return bytes.length >= line + size + 2 ? line + size + 2 : -1;
    case '*': // array
    case '~': // set
    case '>': // push
      return endOfMessages(bytes, line, size);
    case '%': // map
      return endOfMessages(bytes, line, size * 2);
    case '|': // attributes, which belong to the message behind them
      return endOfMessages(bytes, line, size * 2 + 1);
    default: // everything else fits one line, requests typed by hand included
      return line;
  }
}

function endOfMessages(bytes: Buffer, start: number, count: number): number {
  let end = start;
  for (let index = 0; index < count && end !== -1; index++) end = endOfMessage(bytes, end);
  return end;
}

function lineEnd(bytes: Buffer, start: number): number {
  const end = bytes.indexOf('\r\n', start);
  return end === -1 ? -1 : end + 2;
}

/** The words of a request: an array of bulk strings, or a line typed by hand. */
export function wordsOf(request: Buffer): string[] {
  if (request[0] !== 0x2a) return request.toString('utf8').trim().split(/\s+/);
  const words: string[] = [];
  let at = lineEnd(request, 0);
  while (at < request.length) {
    const line = lineEnd(request, at);
    const size = Number(request.toString('latin1', at + 1, line - 2));
    words.push(request.toString('utf8', line, line + size));
    at = line + size + 2;
  }
  return words;
}

/** What a message of the server is to a client that counts replies. */
export type ReplyKind = 'reply' | 'push' | 'subscription';

const PUSHED = new Set(['message', 'pmessage', 'smessage']);
const SUBSCRIPTION = /^[ps]?(un)?subscribe$/;

/**
 * `push`: nobody asked for it. `subscription`: the answer to one channel of a (un)subscribe request. Old protocol: both
 * look like any array, so `subscriber` says whether this connection ever subscribed.
 */
export function kindOf(message: Buffer, subscriber: boolean): ReplyKind {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type !== '>' && !(type === '*' && subscriber)) return 'reply';
  const word = firstWord(message);
  if (SUBSCRIPTION.test(word)) return 'subscription';
  return type === '>' || PUSHED.has(word) ? 'push' : 'reply';
}

/** Whether a request is answered by subscription messages instead of a reply. */
export function subscribes(name: string): boolean {
  return SUBSCRIPTION.test(name);
}

function firstWord(message: Buffer): string {
  const head = lineEnd(message, 0);
  const line = lineEnd(message, head);
  if (line === -1 || message[head] !== 0x24) return '';
  return message.toString('latin1', line, line + Number(message.toString('latin1', head + 1, line - 2)));
}
