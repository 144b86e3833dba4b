/** Somebody may publish, and nothing else: what he can read and guess lets nobody in, and what he can't changes nothing. */
import { Redis } from 'ioredis';
import { LockLostError } from 'nestjs-distributed-lock';
import { atEnd } from '../support/at-end.js';
import { HEARTBEAT_AND_ROOM, openLocks } from '../support/apps/locks.js';
import { openRedis } from '../support/servers/own-servers.js';
import { aborted, keyBecomes, nextEvent, until, within } from '../support/waiting.js';

async function inLine() {
  const redis = await openRedis();
  const [locks, rival] = [await openLocks(redis), await openLocks(redis)];
  const held = await rival.acquire('key');
  let outcome: 'waiting' | 'settled' = 'waiting';
  const asked = locks.acquire('key').finally(() => (outcome = 'settled'));
  await nextEvent(locks, 'waiting');
  const attacker = new Redis(redis.url);
  atEnd(() => attacker.disconnect());
  let channel: string | undefined;
  await until(async () => ([channel] = (await attacker.pubsub('CHANNELS', '*')) as string[])[0] !== undefined);
  const tell = async (token: string, fencingToken: string | number, ttl: string | number = 2_000): Promise<void> => {
    const [seconds, microseconds] = await attacker.time();
    const at = Number(seconds) * 1_000_000 + Number(microseconds);
    await attacker.publish(channel!, `${token} ${fencingToken === 'now' ? at : fencingToken} ${ttl} ${at}`);
  };
  /** A round trip of the waiter's, behind all that was published. */
  const heard = async (): Promise<void> => void (await locks.inspect('key'));
  return { locks, rival, held, asked, channel: channel!, tell, heard, outcome: () => outcome };
}

it('tokens can not be guessed from the name of a channel', async () => {
  const { asked, held, channel, tell, heard, outcome } = await inLine();
  const processId = channel.slice(channel.indexOf(':') + 1);
  for (let count = 0; count < 20; count++) {
    for (let slot = 0; slot < 5; slot++) await tell(`${processId}-${count.toString(36)}-${slot.toString(36)}`, 'now');
  }
  await heard();
  expect(outcome()).toBe('waiting');
  await held.release();
  const lock = await within(HEARTBEAT_AND_ROOM, asked);
  expect(lock.token.startsWith(processId)).toBe(true);
  expect(channel).not.toContain(lock.token.slice(processId.length, processId.length + 12));
  await lock.release();
});

it.each([
  ['a fencing token that nothing could follow', '9007199254740992', 2_000],
  ['no number', 'Infinity', 2_000],
  ['too long a lease', 'now', 3_600_000],
  ['an endless lease', 'now', 'Infinity'],
])('a token that is known lets nobody in with %s', async (_, fencingToken, ttl) => {
  const { locks, asked, held, tell, heard, outcome } = await inLine();
  const { waiting } = await locks.inspect('key');
  for (let i = 0; i < 10; i++) await tell(waiting[0]!, fencingToken, ttl);
  await heard();
  expect(outcome()).toBe('waiting');
  await held.release();
  const lock = await within(HEARTBEAT_AND_ROOM, asked);
  expect(Number.isSafeInteger(lock.fencingToken)).toBe(true);
  expect(lock.expiresAt.getTime()).toBeLessThan(Date.now() + 3_600_000);
  await lock.release();
});

it('a token that is known lets its waiter in until his claim is answered, and leaves no place behind', async () => {
  const { locks, asked, held, tell } = await inLine();
  const { waiting } = await locks.inspect('key');
  await tell(waiting[0]!, 'now');
  const lock = await within(HEARTBEAT_AND_ROOM, asked);
  await within(HEARTBEAT_AND_ROOM, aborted(lock.signal));
  expect(lock.signal.reason).toBeInstanceOf(LockLostError);
  await keyBecomes(locks, 'key', (state) => state.waiting.length === 0);
  expect(held.isHeld).toBe(true);
  await held.renew();
});
