/**
 * Sells seats. Between reading how many are sold and writing one more there is a payment, which takes a while; whoever
 * reads meanwhile sees the old number. Under a lock nobody does.
 */
import { GoneException, Injectable } from '@nestjs/common';
import { Locked } from 'nestjs-distributed-lock';
import { Database } from '../database/database.js';
import { Bank } from '../bank/bank.js';

export const SEATS = 100;

export interface Ticket {
  readonly seat: number;
  readonly buyer: string;
}

@Injectable()
export class TicketsService {
  constructor(
    private readonly database: Database,
    private readonly bank: Bank,
  ) {}

  /** One sale of an event at a time, whichever process it comes to. Other events are sold meanwhile. */
  @Locked('event:<0>', { wait: '30s' })
  async sell(event: string, buyer: string): Promise<Ticket> {
    return this.sellWithoutLock(event, buyer);
  }

  /** The same without protection, to see what happens. */
  async sellWithoutLock(event: string, buyer: string): Promise<Ticket> {
    const sold = Number((await this.database.read(`sold:${event}`)) ?? 0);
    if (sold >= SEATS) throw new GoneException(`${event} is sold out.`);
    await this.bank.charge(buyer);
    const ticket: Ticket = { seat: sold + 1, buyer };
    await this.database.append(`tickets:${event}`, JSON.stringify(ticket));
    await this.database.write(`sold:${event}`, String(ticket.seat));
    return ticket;
  }

  /** Takes all tickets of an event back; not while one is being sold or while the event is being settled. */
  @Locked(['event:<0>', 'settlement:<0>'], { wait: 0 })
  async cancel(event: string): Promise<void> {
    await this.database.remove(`sold:${event}`, `tickets:${event}`);
  }

  /** The tickets of an event in the order in which they were sold. */
  async list(event: string): Promise<Ticket[]> {
    const tickets = await this.database.list(`tickets:${event}`);
    return tickets.map((ticket) => JSON.parse(ticket) as Ticket);
  }
}
