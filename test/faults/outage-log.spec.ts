/** What the log of an application says while its Redis is gone for a while: a handful of lines, however many locks it has. */
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { openLocks } from '../support/apps/locks.js';
import { openRedis } from '../support/servers/own-servers.js';
import { until } from '../support/waiting.js';

const LEVELS = ['error', 'warn', 'log'] as const;

function listen(): string[] {
  const lines: string[] = [];
  for (const level of LEVELS) {
    jest
      .spyOn(Logger.prototype, level)
      .mockImplementation((text: unknown) => void lines.push(`${level}: ${String(text)}`));
  }
  return lines;
}

afterEach(() => jest.restoreAllMocks());

it('200 locks that are lost in one outage: its beginning, its end, one renewal, one loss and a number', async () => {
  const redis = await openRedis();
  const locks = await openLocks(redis, { ttl: '1s', commandTimeout: 500, logger: true });
  const held = await Promise.all(Array.from({ length: 200 }, (_, i) => locks.acquire(`key ${i}`)));
  const lines = listen();
  await redis.kill();
  await until(() => held.every(({ isHeld }) => !isHeld));
  await until(() => lines.some((line) => / more locks? w/.test(line)));
  await redis.restart();
  await until(() => locks.withLock('another', () => true).catch(() => false));
  await until(() => lines.some((line) => line.startsWith('log: The lock store answers again, after')));
  const about = (text: string): number => lines.filter((line) => line.includes(text)).length;
  expect(about('error: The lock store does not answer')).toBe(1);
  expect(about('could not be renewed')).toBe(1);
  expect(about('answers again')).toBe(1);
  expect(about('The lease of')).toBe(2);
  const counted = lines.flatMap((line) => /(\d+|One) more locks? (?:was|were) lost/.exec(line)?.[1] ?? []);
  expect(counted.reduce((sum, count) => sum + (count === 'One' ? 1 : Number(count)), 0)).toBe(199);
  expect(lines.length).toBeLessThan(8);
});

it('`logger: false`: not a line', async () => {
  const redis = await openRedis();
  const locks = await openLocks(redis, { ttl: 500, commandTimeout: 300, logger: false });
  const held = await Promise.all(Array.from({ length: 20 }, (_, i) => locks.acquire(`key ${i}`)));
  const lines = listen();
  await redis.kill();
  await until(() => held.every(({ isHeld }) => !isHeld));
  await redis.restart();
  await until(() => locks.withLock('another', () => true).catch(() => false));
  expect(lines).toEqual([]);
});
