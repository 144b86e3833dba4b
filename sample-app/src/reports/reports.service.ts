/**
 * The sales report of an event: several pages, which are written one after the other and read one after the other. A
 * reader that comes while they are rewritten sees pages of two editions, a torn report. So many may read at the same time,
 * and whoever rewrites is alone.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { OfficeConfig } from '../office.config.js';
import { Database } from '../database/database.js';
import { TicketsService } from '../tickets/tickets.service.js';

const PAGES = 4;
const READ_PAGE_MS = 5;
const WRITE_PAGE_MS = 20;

export interface Page {
  readonly edition: number;
  /** Tickets that were sold when the edition was written. */
  readonly sold: number;
}

/** What one call did, and when, by this machine's wall clock. */
export interface Report {
  readonly office: string;
  readonly pages: readonly Page[];
  /** Whether the call has rewritten it. */
  readonly rewritten: boolean;
  readonly startedAt: number;
  readonly finishedAt: number;
}

@Injectable()
export class ReportsService {
  constructor(
    private readonly locks: LockService,
    private readonly database: Database,
    private readonly tickets: TicketsService,
    private readonly config: OfficeConfig,
  ) {}

  /** Together with other readers, in whichever process; never while the report is rewritten. */
  @Locked('report:<0>', { mode: 'read' })
  async read(event: string): Promise<Report> {
    return this.readWithoutLock(event);
  }

  /** Alone. Readers that come later queue behind it, so it waits only for those that were there before. */
  @Locked('report:<0>')
  async rewrite(event: string): Promise<Report> {
    return this.rewriteWithoutLock(event);
  }

  /**
   * Reads the report, and rewrites it first where tickets were sold meanwhile. Between the look and the upgrade nobody
   * else can have rewritten it, because this call reads all the while: so there is no need to look twice. When two want
   * the upgrade, each would wait for the other to stop reading; the second one gets a `LockBusyError` at once (HTTP 409)
   * and finds the report up to date when it comes again.
   */
  @Locked('report:<0>', { mode: 'read' })
  async refresh(event: string): Promise<Report> {
    const report = await this.readWithoutLock(event);
    const sold = (await this.tickets.list(event)).length;
    if (report.pages[0]?.sold === sold) return report;
    const lock = this.locks.current();
    await lock.upgrade();
    await this.rewriteWithoutLock(event);
    // From here on others may read it as well, and nobody has rewritten it since.
    await lock.downgrade();
    return { ...(await this.readWithoutLock(event)), rewritten: true };
  }

  /** The same as `read` without protection, to see what happens. */
  async readWithoutLock(event: string): Promise<Report> {
    const startedAt = Date.now();
    const pages: Page[] = [];
    for (let number = 1; number <= PAGES; number++) {
      const page = await this.database.read(`report:${event}:${number}`);
      if (page !== null) pages.push(JSON.parse(page) as Page);
      await setTimeout(READ_PAGE_MS);
    }
    return { office: this.config.office, pages, rewritten: false, startedAt, finishedAt: Date.now() };
  }

  /** The same as `rewrite` without protection. */
  async rewriteWithoutLock(event: string): Promise<Report> {
    const startedAt = Date.now();
    const edition = Number((await this.database.read(`report:${event}:edition`)) ?? 0) + 1;
    const page: Page = { edition, sold: (await this.tickets.list(event)).length };
    for (let number = 1; number <= PAGES; number++) {
      await this.database.write(`report:${event}:${number}`, JSON.stringify(page));
      await setTimeout(WRITE_PAGE_MS);
    }
    await this.database.write(`report:${event}:edition`, String(edition));
    const pages = Array.from({ length: PAGES }, () => page);
    return { office: this.config.office, pages, rewritten: true, startedAt, finishedAt: Date.now() };
  }
}
