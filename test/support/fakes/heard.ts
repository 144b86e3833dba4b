/** Subscribes to a tracing channel for one test, and writes down what is published. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { atEnd } from '../at-end.js';

const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

export interface Heard<Message> {
  readonly part: (typeof PARTS)[number];
  readonly message: Message;
}

/** @param hear - called for each, too. */
export function hearChannel<Message>(
  channel: string,
  hear: (heard: Heard<Message>) => void = () => undefined,
): Heard<Message>[] {
  const all: Heard<Message>[] = [];
  for (const part of PARTS) {
    const name = `tracing:${channel}:${part}`;
    const listener = (message: unknown): void => {
      const heard = { part, message: message as Message };
      all.push(heard);
      hear(heard);
    };
    subscribe(name, listener);
    atEnd(() => unsubscribe(name, listener));
  }
  return all;
}
