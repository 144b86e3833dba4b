/** The process that settles an event is killed with SIGKILL in the middle of it; another one must go on in time. */
import { SETTLEMENT_TTL_MS } from '../../settlement/settlement.service.js';
import type { Settlement } from '../../settlement/settlement.service.js';
import { SEATS } from '../../tickets/tickets.service.js';
import type { ForkedOffice } from '../forked.office.js';
import { call, nextEvent } from '../office.js';
import { seconds } from '../table.js';
import type { Row } from '../table.js';

/** How long after the end of a dead holder's lease the next may come. */
export const TAKEOVER_SLACK_MS = 500;

export async function takeover(offices: readonly ForkedOffice[], event: string): Promise<Row[]> {
  const [holder, ...others] = offices as [ForkedOffice, ...ForkedOffice[]];
  const key = `settlement:${event}`;
  const path = `/events/${event}/settlement`;

  const held = nextEvent([holder], 'acquired', key);
  const cutShort = call(holder, 'POST', path).then(
    ({ status }) => `HTTP ${status}`,
    () => 'the connection broke',
  );
  await held;
  const waiting = Promise.all(others.map((office) => nextEvent([office], 'waiting', key)));
  const goingOn = Promise.all(others.map((office) => call<Settlement>(office, 'POST', path)));
  await waiting;
  const refused = await call(others[0]!, 'DELETE', `/events/${event}`);
  await nextEvent([holder], 'renewed', key);
  console.log(
    `  ${holder.name} settles, ${others.map(({ name }) => name).join(' and ')} wait; killing pid ${holder.pid}`,
  );

  const taken = nextEvent(others, 'acquired', key);
  const killedAt = performance.now();
  await holder.kill();
  const { office: successor } = await taken;
  const took = performance.now() - killedAt;
  console.log(`  ${successor} took over after ${seconds(took)}; the request to ${holder.name}: ${await cutShort}`);

  const limit = SETTLEMENT_TTL_MS + TAKEOVER_SLACK_MS;
  const settlements = (await goingOn).map(({ body }) => body);
  const { from, to } = settlements.find(({ office }) => office === successor)!;
  return [
    {
      step: 'busy lock over HTTP',
      expected: '409 with Retry-After',
      seen: `${refused.status}, Retry-After: ${refused.headers.get('retry-after')}`,
      held: refused.status === 409 && Number(refused.headers.get('retry-after')) > 0,
    },
    {
      step: 'holder killed (SIGKILL)',
      expected: `takeover within ${seconds(limit)}`,
      seen: `${successor} after ${seconds(took)}, from ticket ${from + 1} to ${to}`,
      held: took <= limit && to === SEATS && settlements.every((each) => each.to === SEATS),
    },
  ];
}
