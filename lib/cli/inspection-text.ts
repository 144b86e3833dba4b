/** One key in words: its holders, what their processes say, and its queue. */
import type { HolderInspection, KeyInspection, ProcessInfo, WaiterInspection } from '../lock.operations.js';
import { quote, visible } from '../quoting.js';
import { bold, faint } from './colours.js';
import type { Terminal } from './terminal.js';
import { applicationName, counted, kindInWords, processName, timeInWords } from './words.js';

/** So many places of the queue are looked up, and shown one by one. */
const MOST_WAITERS = 32;

/** Of a Cluster, a server that is well may have the key, and one that is not the record of the process. */
const UNKNOWN = 'A process is unknown when it has not said yet who it is, or when what it has said can’t be read.';

/** Every line ends with a line feed. */
export function inspectionText(found: KeyInspection, terminal: Terminal): string {
  const { key, holder, holders, waiters } = found;
  const lines = [`${bold(quote(key), terminal)}  ${headline(found)}`];
  for (const each of holders) lines.push(...holderLines(each));
  if (waiters.length > 0) lines.push(`${counted(waiters.length, 'place')} in the queue:`);
  lines.push(...waiters.slice(0, MOST_WAITERS).map(waiterLine));
  if (waiters.length > MOST_WAITERS) lines.push(faint(`  … and ${waiters.length - MOST_WAITERS} more`, terminal));
  if (holder && holders.some(({ reports }) => reports === null)) {
    lines.push(
      faint(
        'A process that does not answer hangs, has died, is older than this version, is out of reach, or has held the key so ' +
          'briefly that it did not begin to listen: a key that is kept by `minHold` or `once` outlives its work.',
        terminal,
      ),
    );
  }
  if ([...holders, ...waiters.slice(0, MOST_WAITERS)].some(({ process }) => process === null)) {
    lines.push(faint(UNKNOWN, terminal));
  }
  return `${lines.join('\n')}\n`;
}

/** What it means that a process has answered, and none of its callers has the key. */
const KEPT =
  '    none of its callers has it: it is kept after its work (`minHold`, `once`), or was given to another process';

function headline({ holder, holders, waiters, lastFencingToken, foreign }: KeyInspection): string {
  if (foreign) return 'is taken by something that is not a lock; `release` deletes it.';
  if (holder) return `is held: ${kindInWords(holder, holders.length)}.`;
  if (waiters.length > 0) return 'is free, and about to be taken from its queue.';
  return lastFencingToken === null ? 'is free.' : `is free. Its last fencing token was ${lastFencingToken}.`;
}

function holderLines({ fencingToken, expiresIn, process, reports, localWaiters }: HolderInspection): string[] {
  const lease = `lease of ${timeInWords(expiresIn)} unless renewed, fencing token ${fencingToken}`;
  const said = reports?.map(
    ({ label, heldMs, fencingToken: own }) =>
      `    ${visible(label) || 'no label'}, for ${timeInWords(heldMs)}${own === fencingToken ? '' : `, fencing token ${own}`}`,
  );
  const waiting = localWaiters
    ? [
        `    ${counted(localWaiters.callers, 'caller')} of it wait${localWaiters.callers === 1 ? 's' : ''} to be handed it, for ${timeInWords(localWaiters.waitedMs)}`,
      ]
    : [];
  const answer = said?.length === 0 ? [KEPT] : (said ?? ['    does not answer']);
  return [`  held by ${processLine(process)}`, `    ${lease}`, ...answer, ...waiting];
}

function waiterLine({ process, report }: WaiterInspection, index: number): string {
  const said = report
    ? `${visible(report.label) || 'no label'}, ${counted(report.callers, 'caller')}, for ${timeInWords(report.waitedMs)}`
    : 'does not answer';
  return `  ${index + 1}. ${processLine(process)}: ${said}`;
}

function processLine(process: ProcessInfo | null): string {
  if (!process) return 'an unknown process';
  const application = applicationName(process);
  const since = process.startedAt.toISOString().replace(/\.\d+Z$/, 'Z');
  return `${processName(process)}${application === '' ? '' : ` ${application}`}, up since ${since}`;
}
