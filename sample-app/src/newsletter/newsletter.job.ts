/**
 * A scheduled job that runs once per fleet, although the timer fires in every process, and not in all of them at the same
 * time: their clocks differ. The lock alone would not do, because the work is done before the slowest clock strikes.
 * `minHold` keeps the key locked for a good part of the period, also when the process that sent the edition dies meanwhile.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Locked } from 'nestjs-distributed-lock';
import { OfficeConfig } from '../office.config.js';
import { Database } from '../database/database.js';

export const PERIOD_MS = 1_000;

/** Clocks may differ by this much, and, so that the next edition is not left out, by no more than the rest of the period. */
const MIN_HOLD_MS = 500;

/** Short, so that a process that dies while it sends costs one edition and not more: nobody knows how far it got. */
const TTL_MS = 1_000;

const SEND_MS = 20;

export interface Newsletter {
  readonly edition: number;
  readonly office: string;
}

@Injectable()
export class NewsletterJob {
  constructor(
    private readonly database: Database,
    private readonly config: OfficeConfig,
  ) {}

  @Cron(CronExpression.EVERY_SECOND)
  async due(): Promise<void> {
    const edition = Math.round(Date.now() / PERIOD_MS);
    await setTimeout(this.config.clockLagMs);
    await this.send(edition);
  }

  @Locked('newsletter', { wait: 0, onBusy: 'skip', minHold: MIN_HOLD_MS, ttl: TTL_MS })
  async send(edition: number): Promise<void> {
    await setTimeout(SEND_MS);
    const newsletter: Newsletter = { edition, office: this.config.office };
    await this.database.append('newsletters', JSON.stringify(newsletter));
  }

  async sent(): Promise<Newsletter[]> {
    const newsletters = await this.database.list('newsletters');
    return newsletters.map((newsletter) => JSON.parse(newsletter) as Newsletter);
  }
}
