/** The demo: opens three offices, walks through the steps, and sums up. */
import { randomBytes } from 'node:crypto';
import { OfficeConfig } from '../office.config.js';
import { SEATS } from '../tickets/tickets.service.js';
import type { Cleanup } from './cleanup.js';
import { ForkedOffice } from './forked.office.js';
import { LocalOffice } from './local.office.js';
import type { Office } from './office.js';
import { openRedis } from './redis.js';
import { abandonedLock } from './steps/abandoned-lock.js';
import { EXPORTS, exportsWithLock, exportsWithoutLock } from './steps/exports.js';
import { mailroomLeader } from './steps/mailroom.js';
import { newsletterOncePerFleet } from './steps/newsletter.js';
import { newsletterOfClosedSender, newsletterOfKilledSender } from './steps/newsletter-sender.js';
import { reportWithLock, reportWithoutLock } from './steps/report.js';
import { refreshedReport } from './steps/report-refresh.js';
import { BUYERS, saleWithLock, saleWithoutLock } from './steps/sale.js';
import { staleWrite } from './steps/stale-write.js';
import { takeover } from './steps/takeover.js';
import { formatTable } from './table.js';
import type { Row } from './table.js';

/** Their clocks differ, as those of a fleet do. */
const OFFICES = [
  { name: 'office-1', clockLagMs: 0 },
  { name: 'office-2', clockLagMs: 100 },
  { name: 'office-3', clockLagMs: 200 },
];

const NO_REDIS = `No Redis: three Nest applications in this one process, on the memory store. It shows that locks exclude, but not
across processes; and nothing can be killed or paused here: an abandoned lock stands for a dead process.`;

/** @returns whether everything came as promised. */
export async function runDemo(cleanup: Cleanup, options: { readonly memory: boolean }): Promise<boolean> {
  const prefix = `ticket-office-demo-${randomBytes(4).toString('hex')}`;
  const url = options.memory ? null : await openRedis(cleanup, prefix);
  const rows = url === null ? await onMemory(cleanup, prefix) : await onRedis(cleanup, prefix, url);
  const held = rows.every((row) => row.held);
  console.log(`\n${formatTable(rows)}\n\n${held ? 'Every promise was kept.' : 'A promise was BROKEN.'}`);
  return held;
}

async function onRedis(cleanup: Cleanup, prefix: string, url: string): Promise<Row[]> {
  const offices = OFFICES.map(
    ({ name, clockLagMs }) => new ForkedOffice(new OfficeConfig(name, url, prefix, clockLagMs)),
  );
  await cleanup.add(async () => {
    await Promise.all(offices.map((office) => office.kill()));
  });
  await Promise.all(offices.map((office) => office.opened()));
  console.log(`Offices: three Nest processes, pids ${offices.map(({ pid }) => pid).join(', ')}.`);
  const rows = await commonSteps(offices);
  say('The process that settles the event is killed.');
  rows.push(...(await takeover(offices, 'evening')));
  say('A process is paused while it settles, and wakes up too late.');
  if (process.platform === 'win32') console.log('  left out: there is no SIGSTOP on Windows');
  else rows.push(await staleWrite(offices.slice(1), 'matinee'));
  say('The process that has just sent the newsletter is killed.');
  rows.push(report(await newsletterOfKilledSender(offices.slice(1))));
  say('All the time one office numbers the mail: locks.lead().');
  rows.push(report(await mailroomLeader(offices.slice(2))));
  return rows;
}

async function onMemory(cleanup: Cleanup, prefix: string): Promise<Row[]> {
  console.log(NO_REDIS);
  const offices = await Promise.all(
    OFFICES.map(({ name, clockLagMs }) => LocalOffice.open(new OfficeConfig(name, 'memory', prefix, clockLagMs))),
  );
  await cleanup.add(async () => {
    await Promise.all(offices.map((office) => office.close()));
  });
  const rows = await commonSteps(offices);
  say('The office that settles the event abandons its lock.');
  rows.push(...(await abandonedLock(offices, 'evening')));
  say('The office that has just sent the newsletter closes.');
  rows.push(report(await newsletterOfClosedSender(offices)));
  say('All the time one office numbers the mail: locks.lead().');
  rows.push(report(await mailroomLeader(offices.slice(1))));
  return rows;
}

/** The steps that are the same everywhere. */
async function commonSteps(offices: readonly Office[]): Promise<Row[]> {
  say(`${BUYERS} buyers, ${SEATS} seats, no lock.`);
  const rows = [report(await saleWithoutLock(offices, 'rehearsal'))];
  say(`${BUYERS} buyers, ${SEATS} seats, @Locked('event:<0>').`);
  rows.push(report(await saleWithLock(offices, 'evening')));
  say('Everybody reads the report of an event while it is rewritten, no lock.');
  rows.push(report(await reportWithoutLock(offices, 'rehearsal')));
  say("The same with @Locked('report:<0>', { mode: 'read' }) and @Locked('report:<0>').");
  rows.push(...(await reportWithLock(offices, 'evening')).map(report));
  say('Every office brings the report up to date: lock.upgrade(), lock.downgrade().');
  rows.push(report(await refreshedReport(offices, 'premiere')));
  say(`${EXPORTS} exports of each tenant, no lock.`);
  rows.push(report(await exportsWithoutLock(offices)));
  say(`${EXPORTS} exports of each tenant, { concurrency: (tenant) => tenant.plan.exports }.`);
  rows.push(report(await exportsWithLock(offices)));
  say('A newsletter is due every second, in every office.');
  rows.push(report(await newsletterOncePerFleet(offices)));
  return rows;
}

function say(headline: string): void {
  console.log(`\n> ${headline}`);
}

function report(row: Row): Row {
  console.log(`  ${row.seen}`);
  return row;
}
