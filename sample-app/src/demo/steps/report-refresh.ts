/**
 * Every office looks at a report that is out of date, at the same time, and wants to rewrite it. One may, and goes on
 * reading; the others are told to come again, and find it done.
 */
import type { Report } from '../../reports/reports.service.js';
import { call } from '../office.js';
import type { Answer, Office } from '../office.js';
import type { Row } from '../table.js';
import { sell } from './sale.js';

const SALES = 5;

/** What was seen. */
export interface RefreshFigures {
  readonly sales: number;
  readonly rewritten: number;
  /** Answers that it is about to be rewritten by another office. */
  readonly sentAway: number;
  /** Answers whose pages are not all of the latest edition. */
  readonly outdated: number;
}

export async function refreshedReport(offices: readonly Office[], event: string): Promise<Row> {
  return refreshRow(await refreshAfterSales(offices, event));
}

export function refreshRow({ sales, rewritten, sentAway, outdated }: RefreshFigures): Row {
  return {
    step: 'upgrade and downgrade',
    expected: 'rewritten once for each sale',
    seen: `${rewritten} times for ${sales} sales, ${outdated} outdated answers; ${sentAway} told to retry`,
    held: rewritten === sales && outdated === 0,
  };
}

export async function refreshAfterSales(offices: readonly Office[], event: string): Promise<RefreshFigures> {
  let sentAway = 0;
  let outdated = 0;
  let rewritten = 0;
  for (let sale = 1; sale <= SALES; sale++) {
    await sell(offices, 1, event, '/tickets');
    const refresh = async (office: Office): Promise<Report> => {
      for (;;) {
        const { status, body }: Answer<Report> = await call(office, 'POST', `/events/${event}/report`);
        if (status === 200) return body;
        if (status !== 409) throw new Error(`${office.name} answered ${status}.`);
        sentAway++;
      }
    };
    const reports = await Promise.all(offices.map(refresh));
    const { body: latest } = await call<Report>(offices[0]!, 'GET', `/events/${event}/report`);
    const { edition: newest } = latest.pages[0]!;
    rewritten += reports.filter((report) => report.rewritten).length;
    outdated += reports.filter(({ pages }) => pages.some(({ edition }) => edition !== newest)).length;
  }
  return { sales: SALES, rewritten, sentAway, outdated };
}
