/** What other programs, or accidents, may have put where a key's lock is kept. */
import type { Redis } from 'ioredis';

/** Puts something at the name of a Redis key. */
export type Put = (redis: Redis, name: string) => Promise<unknown>;

const text =
  (value: string): Put =>
  (redis, name) =>
    redis.set(name, value);

const CLOCK = '1764243342123456';

/** Strings that are no record, short of a letter or a digit, or with one too many. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '0',
  '42',
  '-1',
  'null',
  '\n',
  '\0'.repeat(17),
  'x'.repeat(16),
  'h'.repeat(40),
  '9'.repeat(16),
  '9'.repeat(17),
  '1'.repeat(400),
  CLOCK,
  `${CLOCK}h`,
  `${CLOCK}h `,
  `${CLOCK}hholder`,
  `${CLOCK}x holder `,
  `${CLOCK}H holder `,
  `${CLOCK}7h holder `,
  `${CLOCK.slice(1)}h holder `,
  `${CLOCK.slice(1)}r r holder `,
  `0${CLOCK.slice(1)}r holder `,
  `0000000000000000h holder `,
  `9007199254740993h holder `,
  `9999999999999999r holder `,
  `+${CLOCK.slice(1)}h holder `,
  `0x6448a1b2c3d4e5fh holder `,
  `1e15            h holder `,
  `${' '.repeat(15)}1h holder `,
  `nannannannannannh holder `,
  `${CLOCK}h  holder`,
  `${CLOCK}hé `,
  `${CLOCK}s`,
  `${CLOCK}s +`,
  `${CLOCK}s holder `,
  `${CLOCK}s +1 `,
  `${CLOCK}S + `,
  `123456789r 12345r holder `,
  '{"locked":true}',
  '🔑'.repeat(100),
  'y'.repeat(5_000),
];

/** Values of other types. */
export const OTHER_TYPES: Readonly<Record<string, Put>> = {
  'a list': (redis, name) => redis.rpush(name, 'a', 'b'),
  'a hash': (redis, name) => redis.hset(name, 'field', 'nonsense'),
  'a set': (redis, name) => redis.sadd(name, 'member'),
  'a sorted set': (redis, name) => redis.zadd(name, 1, 'member'),
  'a stream': (redis, name) => redis.xadd(name, '*', 'field', 'value'),
};

/** What is no lock, at the record's place. */
export const NO_RECORDS: Readonly<Record<string, Put>> = {
  ...Object.fromEntries(TEXTS.map((value) => [JSON.stringify(value.slice(0, 40)), text(value)])),
  ...OTHER_TYPES,
  'a lock without an end': text(`${CLOCK}h holder `),
  'a lock with a line and without an end': text(`${CLOCK}q holder `),
  'a lock that readers wait for and without an end': text(`${CLOCK}w holder `),
  'a shared lock without an end': text(`${CLOCK}s + `),
};

/** What may lie at the line's place, or where the places' times are. */
export const NO_LINES: Readonly<Record<string, Put>> = {
  ...OTHER_TYPES,
  'a string': text('nonsense'),
  'an empty string': text(''),
  'sorted, without end': (redis, name) => redis.zadd(name, '-inf', 'a', 'inf', 'b c', 1e300, '\0'),
  'sorted, of strangers': (redis, name) => redis.zadd(name, ...strangers()),
  'sorted, of the past': (redis, name) => redis.zadd(name, -1, 'x', 0, '', 1, ' '),
};

function strangers(): (number | string)[] {
  const future = (Date.now() + 60_000) * 1_000;
  return ['stranger', 'a b', '', 'é', 'z'.repeat(2_000)].flatMap((member, i) => [future + i, member]);
}
