/** How a client of a gateway hears of an error: as from Nest's own gateway filter, under the name `exception`. */

/** What the clients of Nest's two gateway platforms have. */
interface SocketClient {
  emit?(event: string, data: unknown): unknown;
  send?(text: string): unknown;
  /** Of a client of `ws`, which is the standard's; its `emit` is a local event that goes nowhere. */
  readonly readyState?: unknown;
}

export function answerSocket(client: SocketClient | undefined, data: object): void {
  if (typeof client?.readyState === 'number' && typeof client.send === 'function') {
    client.send(JSON.stringify({ event: 'exception', data }));
  } else {
    client?.emit?.('exception', data);
  }
}
