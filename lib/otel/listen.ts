/**
 * Subscriptions to the two parts of a tracing channel that matter here. In between the caller's code has run, or waited;
 * the message of both is the same object.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

interface Listener<Message extends object> {
  /** The operation begins; in the async context of the caller. */
  readonly start: (message: Message) => void;
  /** It is over, and the message says how. */
  readonly asyncEnd: (message: Message) => void;
}

/**
 * Listens to a tracing channel.
 *
 * @returns what ends it.
 */
export function listen<Message extends object>(channel: string, { start, asyncEnd }: Listener<Message>): () => void {
  const started = (message: unknown): void => start(message as Message);
  const ended = (message: unknown): void => asyncEnd(message as Message);
  // Node.js gives the parts of a tracing channel these names, and says so in its documentation.
  const [startName, endName] = [`tracing:${channel}:start`, `tracing:${channel}:asyncEnd`];
  subscribe(startName, started);
  subscribe(endName, ended);
  return () => {
    unsubscribe(startName, started);
    unsubscribe(endName, ended);
  };
}
