/**
 * A long job: pays the organiser of an event, batch by batch. It renews its lock by hand before each batch, and only
 * then: as long as it gets on it keeps the lock, and if it gets stuck another process takes over where it stopped.
 */
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { OfficeConfig } from '../office.config.js';
import { TicketsService } from '../tickets/tickets.service.js';
import { Bank } from '../bank/bank.js';
import { Ledger } from './ledger.js';

export const SETTLEMENT_TTL_MS = 2_000;

const BATCH = 10;

/** What one run did: tickets `from` (exclusive) `to` (inclusive). */
export interface Settlement {
  readonly office: string;
  readonly from: number;
  readonly to: number;
}

@Injectable()
export class SettlementService {
  constructor(
    private readonly locks: LockService,
    private readonly tickets: TicketsService,
    private readonly bank: Bank,
    private readonly ledger: Ledger,
    private readonly config: OfficeConfig,
  ) {}

  @Locked('settlement:<0>', { ttl: SETTLEMENT_TTL_MS, autoRenew: false, wait: '30s' })
  async settle(event: string): Promise<Settlement> {
    const { fencingToken, signal } = this.locks.current();
    const tickets = await this.tickets.list(event);
    const from = await this.ledger.settled(event);
    let to = from;
    while (to < tickets.length) {
      await this.locks.renew();
      const batch = tickets.slice(to, to + BATCH);
      // Nothing is transferred once the lock is lost; the fencing token stops what was under way already.
      await this.bank.transfer(batch, signal);
      to += batch.length;
      await this.ledger.write(event, to, fencingToken);
    }
    return { office: this.config.office, from, to };
  }
}
