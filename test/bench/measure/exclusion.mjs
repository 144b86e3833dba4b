/**
 * What must be true of a contestant before anything of it is measured: two sessions, each on a connection of its own,
 * exclude each other on one key, or let in as many as may be and not one more; every section runs, and different keys do
 * not wait for each other. Those that only read meet, and exclude who does not.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { within } from './within.mjs';

const LIMIT_MS = 10_000;
const SECTIONS = 8;

export async function verifyExclusion(contestant, redisUrl, session) {
  const other = contestant.alone ? session : await contestant.setup(redisUrl);
  try {
    const sessions = [session, other];
    const { places = 1 } = contestant;
    // Sections that wait for each other have a key to themselves: more processes may be checking at the same time.
    const own = `check of ${process.pid}`;
    const check = places === 1 ? oneAtATime(sessions, 'check') : allPlaces(sessions, own, places);
    await within(LIMIT_MS, 'the check that it excludes', check);
    await within(LIMIT_MS, 'the check that different keys are free', bothAtOnce(session, 'check1', 'check2'));
    if (session.read) await within(LIMIT_MS, 'the check that readers meet', readersMeet(sessions, own));
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

/** Each waits inside until every place is taken. */
async function allPlaces(sessions, key, places) {
  const all = meetingOf(places);
  let inside = 0;
  const section = async () => {
    if (++inside > places) throw new Error(`it lets in too many: ${inside} at once, where ${places} may be`);
    await all();
    await delay(3);
    inside--;
  };
  await Promise.all(Array.from({ length: 2 * places }, (_, i) => sessions[i % sessions.length].run(key, section)));
}

/** A writer asks while readers of both sessions are inside, and more readers behind it. */
async function readersMeet([one, other], key) {
  const all = meetingOf(2);
  const inside = { readers: 0, writers: 0 };
  const section = (kind) => async () => {
    inside[kind]++;
    if (kind === 'readers') await all();
    await delay(3);
    if (inside.writers > 1 || (inside.writers === 1 && inside.readers > 0)) {
      throw new Error('it does not exclude: a writer was inside with others');
    }
    inside[kind]--;
  };
  const [read, write] = [section('readers'), section('writers')];
  const readers = [one.read(key, read), other.read(key, read)];
  await Promise.race([all.whenMet, ...readers]);
  await Promise.all([
    ...readers,
    other.run(key, write),
    one.read(key, read),
    one.run(key, write),
    other.read(key, read),
  ]);
}

async function bothAtOnce(session, ...keys) {
  const all = meetingOf(keys.length);
  await Promise.all(keys.map((key) => session.run(key, all)));
}

/** A function that waits until it was called so often. */
function meetingOf(count) {
  let arrived = 0;
  let open;
  const whenMet = new Promise((resolve) => (open = resolve));
  const arrive = () => {
    if (++arrived === count) open();
    return whenMet;
  };
  return Object.assign(arrive, { whenMet });
}
