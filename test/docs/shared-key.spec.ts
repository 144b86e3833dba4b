/** What docs/how-it-works.md shows of a key that a reader holds is what Redis has. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it } from '@jest/globals';

import { openLocks } from '../support/apps/locks.js';
import { openClient } from '../support/servers/clients.js';
import { openRedis } from '../support/servers/own-servers.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/how-it-works.md', import.meta.url)), 'utf8');
const [, picture] = /```text\n(lock:\{report\}[\s\S]*?)```/.exec(page)!;

/** A picture of what is stored, with what differs from time to time left out. */
const shapeOf = (text: string): string =>
  text
    .replaceAll(/[\w-]{23}-\w+-\w+/g, 'TOKEN')
    .replaceAll(/\d{16}/g, 'NUMBER')
    .replaceAll(/PTTL \d+/g, 'PTTL')
    .replaceAll(/ {3,}/g, '   ')
    .trim();

it('a key that a reader holds is stored as the page shows', async () => {
  const redis = await openRedis();
  const locks = await openLocks(redis, { ttl: '30s' });
  await locks.acquire('report', { mode: 'read' });
  const client = openClient(redis);
  const [record, pttl] = [await client.get('lock:{report}'), await client.pttl('lock:{report}')];
  const [token, end] = await client.zrange('lock:{report}:ends', '0', '-1', 'WITHSCORES');
  const shares = await client.hgetall('lock:{report}:shares');
  const others = Object.entries(shares).filter(([name]) => name !== token);
  const stored = [
    `lock:{report}   ${JSON.stringify(record)}   PTTL ${pttl}`,
    `lock:{report}:ends   ${token}   ${end}`,
    `lock:{report}:shares   ${token}   ${shares[token!]}`,
    ...others.map(([name, value]) => `   ${name}   ${value}`),
  ];
  expect(shapeOf(stored.join('\n'))).toBe(shapeOf(picture!));
  expect((await client.keys('lock:{*')).sort()).toEqual([
    'lock:{report}',
    'lock:{report}:ends',
    'lock:{report}:shares',
  ]);
});
