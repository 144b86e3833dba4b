/**
 * The process that has just sent an edition is killed, while the clocks of the others have not struck yet. They must not
 * send it once more, although nobody is left who could remember; and the next edition must go out in time.
 */
import { filter, merge } from 'rxjs';
import type { ForkedOffice } from '../forked.office.js';
import type { LocalOffice } from '../local.office.js';
import { nextEvent } from '../office.js';
import type { Office } from '../office.js';
import type { Row } from '../table.js';
import { listSent, untilEdition } from './newsletter.js';

/** Editions that are watched behind that of the sender. */
const EDITIONS = 2;

/** What was seen. */
export interface SenderFigures {
  readonly sender: string;
  /** How often the edition of the sender was sent. */
  readonly times: number;
  /** Attempts of the others to send it once more. */
  readonly refused: number;
  readonly nextDue: number;
  /** How many of the next editions were sent. */
  readonly nextSent: number;
  /** Sendings of a next edition that had been sent. */
  readonly nextTwice: number;
}

/** @param offices - the one whose clock strikes first leads. */
export async function newsletterOfKilledSender(offices: readonly ForkedOffice[]): Promise<Row> {
  return senderRow('sender killed (SIGKILL)', await watchOthers(offices, (sender) => sender.kill()));
}

/** What can be shown of it in one process. */
export async function newsletterOfClosedSender(offices: readonly LocalOffice[]): Promise<Row> {
  return senderRow('sender closed', await watchOthers(offices, (sender) => sender.close()));
}

async function watchOthers<Kind extends Office>(
  offices: readonly Kind[],
  end: (sender: Kind) => Promise<void>,
): Promise<SenderFigures> {
  const [sender, ...others] = offices as [Kind, Kind, ...Kind[]];
  const witness = others[0]!;
  await nextEvent([sender], 'released', 'newsletter');
  let refused = 0;
  const subscription = merge(...others.map((office) => office.events$))
    .pipe(filter(({ key, type }) => key === 'newsletter' && type === 'refused'))
    .subscribe(() => refused++);
  const next = nextEvent(others, 'acquired', 'newsletter').then(() => subscription.unsubscribe());
  await end(sender);
  const last = (await listSent(witness)).findLast(({ office }) => office === sender.name)!.edition;
  await next;
  const editions = (await untilEdition(witness, last + EDITIONS)).map(({ edition }) => edition);
  const later = editions.filter((edition) => edition > last);
  const nextSent = new Set(later).size;
  return {
    sender: sender.name,
    times: editions.filter((edition) => edition === last).length,
    refused,
    nextDue: EDITIONS,
    nextSent,
    nextTwice: later.length - nextSent,
  };
}

export function senderRow(step: string, figures: SenderFigures): Row {
  const { sender, times, refused, nextDue, nextSent, nextTwice } = figures;
  const often = times === 1 ? 'once' : `${times} times`;
  return {
    step,
    expected: 'not sent again, the next in time',
    seen: `${sender}'s sent ${often}, ${refused} refused; then ${nextSent} of ${nextDue} sent, ${nextTwice} twice`,
    held: times === 1 && refused > 0 && nextSent === nextDue && nextTwice === 0,
  };
}
