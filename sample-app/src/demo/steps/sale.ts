/** 600 buyers come to three offices at once for the 100 seats of an event; without a lock, and with one. */
import { SEATS } from '../../tickets/tickets.service.js';
import type { Ticket } from '../../tickets/tickets.service.js';
import { call } from '../office.js';
import type { Office } from '../office.js';
import { seconds } from '../table.js';
import type { Row } from '../table.js';

export const BUYERS = 600;

/** The control: it must go wrong, or the sale with a lock proves nothing. */
export async function saleWithoutLock(offices: readonly Office[], event: string): Promise<Row> {
  const { tickets, seats, took } = await sell(offices, BUYERS, event, '/tickets/without-lock');
  return {
    step: 'sale without a lock',
    expected: `oversold: over ${SEATS} tickets`,
    seen: `${tickets} tickets, ${tickets - seats} for a seat already sold (${seconds(took)})`,
    held: tickets > SEATS,
  };
}

export async function saleWithLock(offices: readonly Office[], event: string): Promise<Row> {
  const { tickets, seats, sold, soldOut, took } = await sell(offices, BUYERS, event, '/tickets');
  return {
    step: 'sale with @Locked',
    expected: `${SEATS} tickets, each seat once`,
    seen: `${tickets} tickets for ${seats} seats, ${soldOut} turned away (${seconds(took)})`,
    held: tickets === SEATS && seats === SEATS && sold === SEATS && soldOut === BUYERS - SEATS,
  };
}

interface Sale {
  readonly tickets: number;
  /** Different seats among the tickets. */
  readonly seats: number;
  /** Buyers who were told that they have a ticket. */
  readonly sold: number;
  readonly soldOut: number;
  readonly took: number;
}

/** Sends buyers to the offices in turn, all at once. */
export async function sell(
  offices: readonly Office[],
  buyers: number,
  event: string,
  counter: '/tickets' | '/tickets/without-lock',
): Promise<Sale> {
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: buyers }, (_, index) =>
      call(offices[index % offices.length]!, 'POST', `/events/${event}${counter}`, { buyer: `buyer-${index + 1}` }),
    ),
  );
  const took = performance.now() - startedAt;
  const { body: tickets } = await call<Ticket[]>(offices[0]!, 'GET', `/events/${event}/tickets`);
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  return {
    tickets: tickets.length,
    seats: new Set(tickets.map(({ seat }) => seat)).size,
    sold: count(201),
    soldOut: count(410),
    took,
  };
}
