/** The timer of the newsletter fires in every office each second; every edition must go out once. */
import { setTimeout } from 'node:timers/promises';
import { filter, merge } from 'rxjs';
import type { Newsletter } from '../../newsletter/newsletter.job.js';
import { call } from '../office.js';
import type { Office, OfficeEvent } from '../office.js';
import type { Row } from '../table.js';

const EDITIONS = 3;
const POLL_MS = 100;

export async function newsletterOncePerFleet(offices: readonly Office[]): Promise<Row> {
  const attempts: OfficeEvent[] = [];
  const subscription = merge(...offices.map((office) => office.events$))
    .pipe(filter(({ key, type }) => key === 'newsletter' && (type === 'acquired' || type === 'timeout')))
    .subscribe((event) => attempts.push(event));
  const before = (await sent(offices)).length;
  let newsletters: Newsletter[];
  do {
    await setTimeout(POLL_MS);
    newsletters = await sent(offices);
  } while (newsletters.length < before + EDITIONS);
  subscription.unsubscribe();
  const sentNow = newsletters.length - before;
  const twice = newsletters.length - new Set(newsletters.map(({ edition }) => edition)).size;
  const tried = new Set(attempts.map(({ office }) => office)).size;
  return {
    step: 'scheduled job',
    expected: 'each edition sent once',
    seen: `${sentNow} sent, ${twice} twice, in ${attempts.length} attempts by ${tried} offices`,
    held: twice === 0 && tried === offices.length,
  };
}

async function sent(offices: readonly Office[]): Promise<Newsletter[]> {
  return (await call<Newsletter[]>(offices[0]!, 'GET', '/newsletters')).body;
}
