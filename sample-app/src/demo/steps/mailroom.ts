/**
 * One office numbers the mail all the time. Some have been killed, paused or closed meanwhile: one that is left does it now, and
 * went on where the one before had to stop.
 */
import { setTimeout } from 'node:timers/promises';
import type { Tenure } from '../../mailroom/mailroom.service.js';
import { call } from '../office.js';
import type { Office } from '../office.js';
import type { Row } from '../table.js';

const POLL_MS = 50;

/** @param offices - those that are left. */
export async function mailroomLeader(offices: readonly Office[]): Promise<Row> {
  return mailroomRow(await untilLed(offices));
}

export function mailroomRow(tenures: readonly Tenure[]): Row {
  const faults = tenures.filter(({ from, to }, i) => from !== (tenures[i - 1]?.to ?? 0) + 1 || to < from).length;
  const names = tenures.map(({ office }) => office).join(', then ');
  return {
    step: 'leader of the fleet',
    expected: 'one numbers, no gap',
    seen: `${tenures.at(-1)?.to ?? 0} batches by ${names}; ${faults} gaps`,
    held: tenures.length > 0 && faults === 0,
  };
}

/** Waits until one of the offices has numbered a batch from now on. */
async function untilLed(offices: readonly Office[]): Promise<readonly Tenure[]> {
  const read = async (): Promise<Tenure[]> => (await call<Tenure[]>(offices[0]!, 'GET', '/mail')).body;
  const before = (await read()).at(-1)?.to ?? 0;
  for (;;) {
    const tenures = await read();
    const last = tenures.at(-1);
    if (last && last.to > before && offices.some(({ name }) => name === last.office)) return tenures;
    await setTimeout(POLL_MS);
  }
}
