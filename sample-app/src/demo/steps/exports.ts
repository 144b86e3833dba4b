/** Two tenants ask for many exports at once, at all offices; without a limit, and with that of their plans. */
import type { Export } from '../../exports/exports.service.js';
import { TENANTS } from '../../exports/tenants.js';
import { mostAtOnce } from '../at-once.js';
import { call } from '../office.js';
import type { Office } from '../office.js';
import { seconds } from '../table.js';
import type { Row } from '../table.js';

/** Of each tenant. */
export const EXPORTS = 24;

/** What was seen of one tenant. */
export interface TenantFigures {
  readonly tenant: string;
  /** How many its plan allows at once. */
  readonly limit: number;
  readonly atOnce: number;
  readonly done: number;
}

/** What was seen of all tenants. */
export interface ExportFigures {
  readonly tenants: readonly TenantFigures[];
  readonly took: number;
}

/** The control: it must go wrong, or the exports with a limit prove nothing. */
export async function exportsWithoutLock(offices: readonly Office[]): Promise<Row> {
  const figures = await exportAll(offices, 'exports/without-lock');
  return {
    step: 'exports without a lock',
    expected: 'more at once than plans allow',
    seen: describe(figures),
    held: figures.tenants.every(({ atOnce, limit }) => atOnce > limit),
  };
}

export async function exportsWithLock(offices: readonly Office[]): Promise<Row> {
  return exportsRow(await exportAll(offices, 'exports'));
}

/** As many as the plan says, not more, and not fewer either: a lock that let in one at a time would be no use. */
export function exportsRow(figures: ExportFigures): Row {
  return {
    step: 'exports with concurrency',
    expected: `${TENANTS.map(({ plan }) => plan.exports).join(' and ')} at once, as the plans say`,
    seen: describe(figures),
    held: figures.tenants.every(({ atOnce, limit, done }) => atOnce === limit && done === EXPORTS),
  };
}

/** Sends the exports of all tenants to the offices in turn, all at once. */
export async function exportAll(
  offices: readonly Office[],
  path: 'exports' | 'exports/without-lock',
): Promise<ExportFigures> {
  const startedAt = performance.now();
  const tenants = await Promise.all(
    TENANTS.map(async ({ id, plan }): Promise<TenantFigures> => {
      const answers = await Promise.all(
        Array.from({ length: EXPORTS }, (_, index) =>
          call<Export>(offices[index % offices.length]!, 'POST', `/tenants/${id}/${path}`),
        ),
      );
      const done = answers.filter(({ status }) => status === 201).map(({ body }) => body);
      return { tenant: id, limit: plan.exports, atOnce: mostAtOnce(done), done: done.length };
    }),
  );
  return { tenants, took: performance.now() - startedAt };
}

function describe({ tenants, took }: ExportFigures): string {
  const each = tenants.map(({ tenant, done, atOnce, limit }) => `${tenant} ${done}, ${atOnce} at once of ${limit}`);
  return `${each.join('; ')} (${seconds(took)})`;
}
