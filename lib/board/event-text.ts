/** What happened to a key in this process, in a few words for people. Tokens are left out. */
import type { LockEvent } from '../lock.events.js';

const ms = (milliseconds: number): string =>
  milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;

const HOW = {
  free: 'it was free',
  granted: 'let in from the queue',
  'handed-on': 'handed on in the process',
  're-entered': 'entered again',
};

/** Without the type, which stands beside it. */
export function eventText(event: LockEvent): string {
  const words = about(event);
  return event.label === '' ? words : `${event.label} · ${words}`;
}

function about(event: LockEvent): string {
  switch (event.type) {
    case 'acquired':
      return `${HOW[event.how] ?? event.how}, after ${ms(event.waitedMs)}, fencing token ${event.fencingToken}`;
    case 'waiting':
      return `holder's lease has ${ms(event.holderExpiresInMs)} left`;
    case 'renewed':
      return `for ${ms(event.ttl)}`;
    case 'lost':
      return event.error.message;
    case 'released':
      return `after ${ms(event.heldMs)}`;
    case 'detached':
      return `given away after ${ms(event.heldMs)}`;
    case 'refused':
      return `${event.reason}, after ${ms(event.waitedMs)}`;
    case 'forced':
      return [event.side === 'holder' ? 'taken from this process' : 'taken away here', event.reason, event.by]
        .filter(Boolean)
        .join(' · ');
    case 'failed':
      return `${event.during}: ${event.error.message}`;
    case 'warning':
      return event.message;
  }
}
