/**
 * What can be shown of a crash in one process: an office takes the lock and neither renews nor releases it, as if it had
 * died; another one must go on in time, and a late write with the old fencing token must be refused.
 */
import { StaleWriteError } from '../../settlement/ledger.js';
import { SETTLEMENT_TTL_MS } from '../../settlement/settlement.service.js';
import type { Settlement } from '../../settlement/settlement.service.js';
import { SEATS } from '../../tickets/tickets.service.js';
import type { LocalOffice } from '../local.office.js';
import { call, nextEvent } from '../office.js';
import { seconds } from '../table.js';
import type { Row } from '../table.js';
import { TAKEOVER_SLACK_MS } from './takeover.js';

export async function abandonedLock(offices: readonly LocalOffice[], event: string): Promise<Row[]> {
  const [holder, ...others] = offices as [LocalOffice, ...LocalOffice[]];
  const key = `settlement:${event}`;
  const path = `/events/${event}/settlement`;

  const taken = nextEvent(others, 'acquired', key);
  const abandonedAt = performance.now();
  const abandoned = await holder.locks.acquire(key, { ttl: SETTLEMENT_TTL_MS, autoRenew: false });
  const goingOn = Promise.all(others.map((office) => call<Settlement>(office, 'POST', path)));
  console.log(`  ${holder.name} abandons its lock, ${others.map(({ name }) => name).join(' and ')} wait`);
  const { office: successor } = await taken;
  const took = performance.now() - abandonedAt;
  console.log(`  ${successor} took over after ${seconds(took)}`);

  const limit = SETTLEMENT_TTL_MS + TAKEOVER_SLACK_MS;
  const settlements = (await goingOn).map(({ body }) => body);
  const outcome = await holder.ledger.write(event, 0, abandoned.fencingToken).catch((error: unknown) => error);
  const settled = await holder.ledger.settled(event);
  return [
    {
      step: 'lock abandoned (simulated)',
      expected: `takeover within ${seconds(limit)}`,
      seen: `${successor} after ${seconds(took)}`,
      held: took <= limit && settlements.every(({ to }) => to === SEATS),
    },
    {
      step: 'stale write (simulated)',
      expected: 'refused by its fencing token',
      seen: `${outcome instanceof StaleWriteError ? 'refused' : 'written'}; ledger at ${settled}`,
      held: outcome instanceof StaleWriteError && settled === SEATS,
    },
  ];
}
