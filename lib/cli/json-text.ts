/** What `--json` prints. The names of its fields don't change; new ones may come. Tokens are not in it: they are secrets. */
import type { KeyInspection, KeyOverview, ProcessInfo } from '../lock.operations.js';
import { kindOf, stateOf } from './words.js';

/** Characters that a terminal would act on though they are legal in JSON. */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON on one line, in which everything invisible is escaped. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(ACTIVE, escaped)}\n`;
}

/** A line of `ls --json`. */
export function overviewJson({ key, holder, holderCount, waitingCount, process, foreign }: KeyOverview): object {
  return {
    key,
    state: stateOf({ holderCount, waitingCount, foreign }),
    kind: kindOf(holder),
    limit: limitOf(holder),
    holderCount,
    waitingCount,
    fencingToken: holder?.fencingToken ?? null,
    expiresInMs: holder?.expiresIn ?? null,
    process: processJson(process),
  };
}

/** The document of `show --json`. */
export function inspectionJson({ key, holders, waiters, lastFencingToken, foreign }: KeyInspection): object {
  const [first = null] = holders;
  return {
    key,
    state: stateOf({ holderCount: holders.length, waitingCount: waiters.length, foreign }),
    kind: kindOf(first),
    limit: limitOf(first),
    lastFencingToken,
    holders: holders.map(({ fencingToken, expiresIn, weight, limit, process, reports, localWaiters }) => ({
      fencingToken,
      expiresInMs: expiresIn,
      weight,
      limit: limitOf({ limit }),
      process: processJson(process),
      reports,
      localWaiters,
    })),
    waiters: waiters.map(({ process, report }) => ({ process: processJson(process), report })),
  };
}

/** `null` where there is none: JSON has no Infinity. */
function limitOf(holder: { readonly limit: number } | null): number | null {
  return holder && Number.isFinite(holder.limit) ? holder.limit : null;
}

function processJson(process: ProcessInfo | null): object | null {
  if (!process) return null;
  const { id, host, pid, name, version, instance, startedAt } = process;
  return { id, host, pid, name, version, instance, startedAt: startedAt.toISOString() };
}

function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
