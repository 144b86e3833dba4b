/**
 * The newsletter is due in every office each second, by clocks that differ; every edition must go out once. The last of
 * them strikes when the first has long sent it.
 */
import { setTimeout } from 'node:timers/promises';
import { filter, merge, skipWhile } from 'rxjs';
import type { Newsletter } from '../../newsletter/newsletter.job.js';
import { call } from '../office.js';
import type { Office, OfficeEvent } from '../office.js';
import type { Row } from '../table.js';

const EDITIONS = 3;
const POLL_MS = 50;

/** What was seen of some editions in a row. */
export interface NewsletterFigures {
  readonly due: number;
  readonly sent: number;
  /** Sendings of an edition that had been sent. */
  readonly twice: number;
  /** Attempts that came when the edition had been sent. */
  readonly refused: number;
  /** Offices that tried to send one. */
  readonly offices: number;
}

export async function newsletterOncePerFleet(offices: readonly Office[]): Promise<Row> {
  return newsletterRow(await watchEditions(offices, EDITIONS), offices.length);
}

export function newsletterRow({ due, sent, twice, refused, offices }: NewsletterFigures, fleet: number): Row {
  return {
    step: 'scheduled job with minHold',
    expected: 'each edition sent once',
    seen: `${sent} of ${due} sent, ${twice} twice; ${offices} offices tried, ${refused} times refused`,
    held: sent === due && twice === 0 && offices === fleet,
  };
}

/** Watches the next editions until the one behind them is sent. */
export async function watchEditions(offices: readonly Office[], due: number): Promise<NewsletterFigures> {
  const latest = (await listSent(offices[0]!)).at(-1)?.edition ?? 0;
  const first = (await untilEdition(offices[0]!, latest + 1)).at(-1)!.edition + 1;
  const attempts: OfficeEvent[] = [];
  const subscription = merge(...offices.map((office) => office.events$))
    .pipe(
      filter(({ key, type }) => key === 'newsletter' && (type === 'acquired' || type === 'refused')),
      skipWhile(({ type }) => type === 'refused'),
    )
    .subscribe((event) => attempts.push(event));
  const newsletters = await untilEdition(offices[0]!, first + due);
  subscription.unsubscribe();
  const editions = newsletters.map(({ edition }) => edition).filter((each) => each >= first && each < first + due);
  const sent = new Set(editions).size;
  return {
    due,
    sent,
    twice: editions.length - sent,
    refused: attempts.filter(({ type }) => type === 'refused').length,
    offices: new Set(attempts.map(({ office }) => office)).size,
  };
}

/** Answers the newsletters as soon as an edition, or a later one, is among them. */
export async function untilEdition(office: Office, edition: number): Promise<Newsletter[]> {
  for (;;) {
    const newsletters = await listSent(office);
    if (newsletters.some((each) => each.edition >= edition)) return newsletters;
    await setTimeout(POLL_MS);
  }
}

export async function listSent(office: Office): Promise<Newsletter[]> {
  return (await call<Newsletter[]>(office, 'GET', '/newsletters')).body;
}
