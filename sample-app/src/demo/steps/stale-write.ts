/**
 * The process that settles an event stands still for longer than its lease, as in a long garbage collection, and wakes up
 * in the middle of a write. Meanwhile another one has taken over; the ledger must refuse the late write.
 */
import { setTimeout } from 'node:timers/promises';
import type { Settlement } from '../../settlement/settlement.service.js';
import type { ForkedOffice } from '../forked.office.js';
import { call, nextEvent } from '../office.js';
import { seconds } from '../table.js';
import type { Row } from '../table.js';
import { sell } from './sale.js';

const TICKETS = 30;
/** Long enough to be in the transfer that follows a renewal, and not to be through with it. */
const INTO_TRANSFER_MS = 50;

export async function staleWrite(offices: readonly ForkedOffice[], event: string): Promise<Row> {
  const [sleeper, successor] = offices as [ForkedOffice, ForkedOffice];
  const key = `settlement:${event}`;
  const path = `/events/${event}/settlement`;
  await sell(offices, TICKETS, event, '/tickets');

  const renewed = nextEvent([sleeper], 'renewed', key);
  const late = call<{ error?: string }>(sleeper, 'POST', path);
  await renewed;
  await setTimeout(INTO_TRANSFER_MS);
  sleeper.pause();
  const pausedAt = performance.now();
  console.log(`  ${sleeper.name} settles and is paused (SIGSTOP) in the middle of a transfer`);

  const { body: settlement } = await call<Settlement>(successor, 'POST', path);
  console.log(`  ${settlement.office} took over and settled tickets ${settlement.from + 1} to ${settlement.to}`);
  sleeper.resume();
  const paused = performance.now() - pausedAt;
  const { status, body } = await late;
  const { body: ledger } = await call<{ settled: number }>(successor, 'GET', path);
  const refused = status === 409 && body.error === 'Stale fencing token' && ledger.settled === TICKETS;
  return {
    step: 'stale write (SIGSTOP)',
    expected: 'refused by its fencing token',
    seen: refused
      ? `${status} ${body.error} after a pause of ${seconds(paused)}`
      : `not refused (${status}): the ledger is at ${ledger.settled} of ${TICKETS}`,
    held: refused,
  };
}
