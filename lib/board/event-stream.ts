/**
 * Server-sent events to one viewer. A viewer that reads too slowly misses messages instead of filling the memory, which
 * does no harm, because each message says how things are and not what has changed.
 */
import type { ServerResponse } from 'node:http';
import type { BoardMessages } from './wire.js';

/** After how many milliseconds the browser comes back when a stream has ended. */
const RETRY = 1_000;

export class EventStream {
  private isFull = false;
  isClosed = false;

  /** @param onClose - called once, whoever has ended it. */
  constructor(
    private readonly response: ServerResponse,
    private readonly onClose: () => void,
  ) {
    response.statusCode = 200;
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    // A proxy that collects responses would hold back the messages.
    response.setHeader('X-Accel-Buffering', 'no');
    response.on('close', () => this.closed());
    response.on('error', () => this.closed());
    response.on('drain', () => (this.isFull = false));
    this.write(`retry: ${RETRY}\n\n`);
  }

  /** Whether the viewer has read what was sent. */
  get isReady(): boolean {
    return !this.isFull && !this.isClosed;
  }

  send<Name extends keyof BoardMessages>(name: Name, message: BoardMessages[Name]): void {
    this.write(`event: ${name}\ndata: ${JSON.stringify(message)}\n\n`);
  }

  /** Keeps proxies from taking a silent connection for a dead one, and lets the page see that it stands. */
  ping(): void {
    this.write('event: ping\ndata: 0\n\n');
  }

  end(): void {
    if (!this.isClosed) this.response.end();
    this.closed();
  }

  private write(text: string): void {
    if (!this.isClosed && !this.response.write(text)) this.isFull = true;
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onClose();
  }
}
