/**
 * A scheduled job that runs once per fleet, although the timer fires in every process. It takes two things: the lock, so
 * that two processes never work at once, and a note of the last edition, so that a process whose timer fires a little
 * later, when the first is done already, does not do it again.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Locked } from 'nestjs-distributed-lock';
import { OfficeConfig } from '../office.config.js';
import { Database } from '../database/database.js';

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
  @Locked('newsletter', { wait: 0, onBusy: 'skip' })
  async send(): Promise<void> {
    const edition = Math.round(Date.now() / 1_000);
    if (Number((await this.database.read('last-edition')) ?? 0) >= edition) return;
    await setTimeout(SEND_MS);
    const newsletter: Newsletter = { edition, office: this.config.office };
    await this.database.append('newsletters', JSON.stringify(newsletter));
    await this.database.write('last-edition', String(edition));
  }

  async sent(): Promise<Newsletter[]> {
    const newsletters = await this.database.list('newsletters');
    return newsletters.map((newsletter) => JSON.parse(newsletter) as Newsletter);
  }
}
