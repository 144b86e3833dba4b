/**
 * Readers at every office read the report of an event, again and again, while it is rewritten a few times; without a lock,
 * and with one. Looked for: reads with pages of two editions, readers that read together, and a writer that must wait.
 */
import { setTimeout } from 'node:timers/promises';
import type { Report } from '../../reports/reports.service.js';
import { mostAtOnce } from '../at-once.js';
import { call } from '../office.js';
import type { Office } from '../office.js';
import { seconds } from '../table.js';
import type { Row } from '../table.js';

export const REWRITES = 6;
/** More at once than these can only be readers of several processes. */
export const READERS_PER_OFFICE = 4;

/** Readers come all the time: a writer that waited until none is there would wait for as long as the step lasts. */
export const WRITER_LIMIT_MS = 1_000;

/** Time for readers to be among themselves. */
const BETWEEN_REWRITES_MS = 100;

/** What was seen. */
export interface ReportFigures {
  readonly reads: number;
  readonly torn: number;
  /** The most, of all processes. */
  readonly readersAtOnce: number;
  readonly rewrites: number;
  /** The longest time between a request to rewrite it and the first page. */
  readonly longestWait: number;
}

/** The control: it must go wrong, or reading with a lock proves nothing. */
export async function reportWithoutLock(offices: readonly Office[], event: string): Promise<Row> {
  const { reads, torn, readersAtOnce } = await readAndRewrite(offices, `/events/${event}/report/without-lock`);
  return {
    step: 'report without a lock',
    expected: 'torn reads',
    seen: `${torn} of ${reads} reads torn, ${readersAtOnce} at once`,
    held: torn > 0,
  };
}

export async function reportWithLock(offices: readonly Office[], event: string): Promise<Row[]> {
  return reportRows(await readAndRewrite(offices, `/events/${event}/report`));
}

export function reportRows({ reads, torn, readersAtOnce, rewrites, longestWait }: ReportFigures): Row[] {
  return [
    {
      step: "report with mode: 'read'",
      expected: 'none torn, offices read together',
      seen: `${torn} of ${reads} reads torn, ${readersAtOnce} at once`,
      held: torn === 0 && readersAtOnce > READERS_PER_OFFICE,
    },
    {
      step: 'writer among readers',
      expected: `in within ${seconds(WRITER_LIMIT_MS)}`,
      seen: `${rewrites} of ${REWRITES} rewritten, longest wait ${seconds(longestWait)}`,
      held: rewrites === REWRITES && longestWait <= WRITER_LIMIT_MS,
    },
  ];
}

export async function readAndRewrite(offices: readonly Office[], path: string): Promise<ReportFigures> {
  await call(offices[0]!, 'PUT', path);
  const reads: Report[] = [];
  let isOver = false;
  const readers = offices.flatMap((office) =>
    Array.from({ length: READERS_PER_OFFICE }, async () => {
      while (!isOver) reads.push((await call<Report>(office, 'GET', path)).body);
    }),
  );
  let rewrites = 0;
  let longestWait = 0;
  for (let number = 0; number < REWRITES; number++) {
    await setTimeout(BETWEEN_REWRITES_MS);
    const askedAt = Date.now();
    const { status, body } = await call<Report>(offices[number % offices.length]!, 'PUT', path);
    if (status === 200) rewrites++;
    longestWait = Math.max(longestWait, (status === 200 ? body.startedAt : Date.now()) - askedAt);
  }
  isOver = true;
  await Promise.all(readers);
  const torn = reads.filter(({ pages }) => new Set(pages.map(({ edition }) => edition)).size > 1);
  return { reads: reads.length, torn: torn.length, readersAtOnce: mostAtOnce(reads), rewrites, longestWait };
}
