/**
 * The steps of the demo on shared locks and `minHold`, with offices of this process, on both stores: the figures are right
 * with the locks, and those of the controls are wrong.
 */
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalOffice } from '../../sample-app/src/demo/local.office.js';
import { call } from '../../sample-app/src/demo/office.js';
import { EXPORTS, exportAll, exportsWithLock, exportsWithoutLock } from '../../sample-app/src/demo/steps/exports.js';
import { mailroomLeader, mailroomRow } from '../../sample-app/src/demo/steps/mailroom.js';
import { newsletterRow, watchEditions } from '../../sample-app/src/demo/steps/newsletter.js';
import { newsletterOfClosedSender } from '../../sample-app/src/demo/steps/newsletter-sender.js';
import { readAndRewrite, reportWithoutLock, reportRows } from '../../sample-app/src/demo/steps/report.js';
import { refreshAfterSales, refreshRow } from '../../sample-app/src/demo/steps/report-refresh.js';
import type { Report } from '../../sample-app/src/reports/reports.service.js';
import { OfficeConfig } from '../../sample-app/src/office.config.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';

describe.each([
  ['in memory', 'memory'],
  ['on Redis', REDIS_URL],
])('the demo %s', (_where, connection) => {
  let offices: LocalOffice[];

  beforeAll(async () => {
    const prefix = freshPrefix();
    const open = (clockLagMs: number): Promise<LocalOffice> =>
      LocalOffice.open(new OfficeConfig(`office-${clockLagMs}`, connection, prefix, clockLagMs));
    offices = await Promise.all([0, 100, 200].map(open));
  });

  afterAll(async () => {
    await Promise.all(offices.map((office) => office.close()));
  });

  it('tears reads of a report that is rewritten without a lock', async () => {
    expect(await reportWithoutLock(offices, 'unprotected')).toMatchObject({ held: true });
  });

  it('lets offices read a report together, whole, and its writer in among them', async () => {
    const figures = await readAndRewrite(offices, '/events/protected/report');
    expect(figures).toMatchObject({ torn: 0, rewrites: 6 });
    expect(reportRows(figures)).toEqual([
      expect.objectContaining({ held: true }),
      expect.objectContaining({ held: true }),
    ]);
  });

  it('rewrites a report once, however many offices find it out of date, and not where it is up to date', async () => {
    const figures = await refreshAfterSales(offices, 'refreshed');
    expect(figures).toMatchObject({ sales: 5, rewritten: 5, outdated: 0 });
    expect(refreshRow(figures).held).toBe(true);
    const again = await call<Report>(offices[1]!, 'POST', '/events/refreshed/report');
    expect(again).toMatchObject({ status: 200, body: { rewritten: false } });
  });

  it('runs more exports than plans allow without a lock', async () => {
    expect(await exportsWithoutLock(offices)).toMatchObject({ held: true });
  });

  it('runs as many exports of each tenant at once as its plan allows', async () => {
    const { tenants } = await exportAll(offices, 'exports');
    expect(tenants).toEqual([
      { tenant: 'club', limit: 2, atOnce: 2, done: EXPORTS },
      { tenant: 'arena', limit: 5, atOnce: 5, done: EXPORTS },
    ]);
    expect(await exportsWithLock(offices)).toMatchObject({ held: true });
  });

  it('exports nothing for a tenant that it does not know', async () => {
    expect(await call(offices[0]!, 'POST', '/tenants/nobody/exports')).toMatchObject({ status: 404 });
  });

  it('sends each edition once, though clocks differ', async () => {
    const figures = await watchEditions(offices, 2);
    expect(figures).toMatchObject({ due: 2, sent: 2, twice: 0, offices: 3 });
    expect(figures.refused).toBeGreaterThanOrEqual(4);
    expect(newsletterRow(figures, 3).held).toBe(true);
  });

  it('has one office number the mail, and sees where numbers are missing or given twice', async () => {
    expect(await mailroomLeader(offices)).toMatchObject({ held: true });
    const numbered = (...ranges: [number, number][]) => ranges.map(([from, to]) => ({ office: 'any', from, to }));
    expect(mailroomRow(numbered([1, 4], [5, 5], [6, 9])).held).toBe(true);
    for (const bad of [numbered(), numbered([2, 4]), numbered([1, 4], [4, 6]), numbered([1, 4], [6, 7])]) {
      expect(mailroomRow(bad).held).toBe(false);
    }
  });

  // The last one: it closes an office.
  it('does not send an edition again when its sender has gone, and sends the next ones', async () => {
    const row = await newsletterOfClosedSender(offices);
    expect(row).toMatchObject({ held: true });
    offices.shift();
    expect(await mailroomLeader(offices)).toMatchObject({ held: true });
  });
});
