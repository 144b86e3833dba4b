/** The words in which keys, processes and times are described to people. */
import type { KeyOverview, ProcessInfo } from '../lock.operations.js';
import { visible } from '../quoting.js';
import type { Column } from './table.js';

/** `held`, `waited-for` (by callers that are about to be let in), `not-a-lock`, or `free`. */
type StateWord = 'held' | 'waited-for' | 'not-a-lock' | 'free';

export function stateOf(key: {
  readonly holderCount: number;
  readonly waitingCount: number;
  readonly foreign?: true | undefined;
}): StateWord {
  if (key.foreign) return 'not-a-lock';
  if (key.holderCount > 0) return 'held';
  return key.waitingCount > 0 ? 'waited-for' : 'free';
}

/** How a holder shares its key; `null` where there is none. */
export function kindOf(holder: { readonly limit: number } | null): 'exclusive' | 'read' | 'permits' | null {
  if (!holder) return null;
  if (holder.limit === 1) return 'exclusive';
  return holder.limit === Infinity ? 'read' : 'permits';
}

/** The same with how many there are. */
export function kindInWords(holder: { readonly limit: number } | null, count: number): string {
  const kind = kindOf(holder);
  if (kind === 'read') return count === 1 ? '1 reader' : `${count} readers`;
  return kind === 'permits' ? `${count} of ${holder!.limit}` : (kind ?? '');
}

/** A length of time, to be read at a glance. */
export function timeInWords(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** Its host and pid. */
export function processName(process: ProcessInfo | null): string {
  return process ? visible(`${process.host}:${process.pid}`) : 'unknown';
}

/** Its application. */
export function applicationName(process: ProcessInfo | null): string {
  if (!process) return '';
  const { name, version, instance } = process;
  const words = [name, version, instance === 'default' ? null : `(${instance})`];
  return visible(words.filter((word) => word !== null).join(' '));
}

/** So many of a thing. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export const OVERVIEW_COLUMNS: readonly Column[] = [
  { title: 'KEY', side: 'left' },
  { title: 'HELD BY', side: 'left' },
  { title: 'APPLICATION', side: 'left' },
  { title: 'KIND', side: 'left' },
  { title: 'LEASE', side: 'right' },
  { title: 'FENCING', side: 'right' },
  { title: 'WAITING', side: 'right' },
];

/** The cells of a key in the table of `ls`. */
export function overviewCells({ key, holder, holderCount, waitingCount, process, foreign }: KeyOverview): string[] {
  return [
    visible(key),
    holder ? processName(process) : '-',
    applicationName(process),
    foreign ? 'not a lock' : kindInWords(holder, holderCount),
    holder ? timeInWords(holder.expiresIn) : '',
    holder ? String(holder.fencingToken) : '',
    String(waitingCount),
  ];
}

/** The longest queues first, then by key. */
export function byQueue(a: KeyOverview, b: KeyOverview): number {
  return b.waitingCount - a.waitingCount || (a.key < b.key ? -1 : 1);
}
