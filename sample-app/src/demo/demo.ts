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
import { newsletterOncePerFleet } from './steps/newsletter.js';
import { BUYERS, saleWithLock, saleWithoutLock } from './steps/sale.js';
import { staleWrite } from './steps/stale-write.js';
import { takeover } from './steps/takeover.js';
import { formatTable } from './table.js';
import type { Row } from './table.js';

const OFFICES = ['office-1', 'office-2', 'office-3'];

const NO_REDIS = `No Redis: three Nest applications in this one process, on the memory store. It shows that locks exclude, but not
across processes; and nothing can be killed or paused here: an abandoned lock stands for a dead process.`;

/** @returns whether everything came as promised. */
export async function runDemo(cleanup: Cleanup, options: { readonly memory: boolean }): Promise<boolean> {
  const prefix = `ticket-office-demo-${randomBytes(4).toString('hex')}`;
  const url = options.memory ? null : await openRedis(cleanup, prefix);
  const rows = url === null ? await onMemory(prefix) : await onRedis(cleanup, prefix, url);
  const held = rows.every((row) => row.held);
  console.log(`\n${formatTable(rows)}\n\n${held ? 'Every promise was kept.' : 'A promise was BROKEN.'}`);
  return held;
}

async function onRedis(cleanup: Cleanup, prefix: string, url: string): Promise<Row[]> {
  const offices = OFFICES.map((name) => new ForkedOffice(new OfficeConfig(name, url, prefix)));
  await cleanup.add(async () => {
    await Promise.all(offices.map((office) => office.kill()));
  });
  await Promise.all(offices.map((office) => office.opened()));
  console.log(`Offices: three Nest processes, pids ${offices.map(({ pid }) => pid).join(', ')}.`);
  const rows = await sales(offices);
  say('The process that settles the event is killed.');
  rows.push(...(await takeover(offices, 'evening')));
  say('A process is paused while it settles, and wakes up too late.');
  if (process.platform === 'win32') console.log('  left out: there is no SIGSTOP on Windows');
  else rows.push(await staleWrite(offices.slice(1), 'matinee'));
  return rows;
}

async function onMemory(prefix: string): Promise<Row[]> {
  console.log(NO_REDIS);
  const offices = await Promise.all(OFFICES.map((name) => LocalOffice.open(new OfficeConfig(name, 'memory', prefix))));
  const rows = await sales(offices);
  say('The office that settles the event abandons its lock.');
  rows.push(...(await abandonedLock(offices, 'evening')));
  return rows;
}

/** The steps that are the same everywhere. */
async function sales(offices: readonly Office[]): Promise<Row[]> {
  say(`${BUYERS} buyers, ${SEATS} seats, no lock.`);
  const rows = [report(await saleWithoutLock(offices, 'rehearsal'))];
  say(`${BUYERS} buyers, ${SEATS} seats, @Locked('event:<0>').`);
  rows.push(report(await saleWithLock(offices, 'evening')));
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
