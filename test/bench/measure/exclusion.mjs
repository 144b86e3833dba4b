/**
 * What must be true of a contestant before anything of it is measured: two sessions, each on a connection of its own,
 * exclude each other on one key, every section runs, and different keys do not wait for each other.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { within } from './within.mjs';

const LIMIT_MS = 10_000;
const SECTIONS = 8;

export async function verifyExclusion(contestant, redisUrl, session) {
  const other = contestant.alone ? session : await contestant.setup(redisUrl);
  try {
    await within(LIMIT_MS, 'the check that it excludes', oneAtATime([session, other], 'check'));
    await within(LIMIT_MS, 'the check that different keys are free', bothAtOnce(session, 'check1', 'check2'));
  } finally {
    if (other !== session) await other.close();
  }
}

async function oneAtATime(sessions, key) {
  let inside = 0;
  let ran = 0;
  const section = async () => {
    if (++inside > 1) throw new Error('it does not exclude: two sections ran at once');
    await delay(3);
    if (inside > 1) throw new Error('it does not exclude: two sections ran at once');
    inside--;
    ran++;
  };
  await Promise.all(Array.from({ length: SECTIONS }, (_, i) => sessions[i % sessions.length].run(key, section)));
  if (ran !== SECTIONS) throw new Error(`it ran ${ran} of ${SECTIONS} sections`);
}

async function bothAtOnce(session, ...keys) {
  let arrived = 0;
  let open;
  const all = new Promise((resolve) => (open = resolve));
  const section = () => {
    if (++arrived === keys.length) open();
    return all;
  };
  await Promise.all(keys.map((key) => session.run(key, section)));
}
