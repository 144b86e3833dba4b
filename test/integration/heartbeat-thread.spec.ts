/** `heartbeat: 'worker'` where no thread is to be had: the application starts, a warning says why, and locks work. */
import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { DistributedLockModule, LockService } from 'nestjs-distributed-lock';
import type { DistributedLockModuleOptions } from 'nestjs-distributed-lock';
import { MemoryLeases } from '../../lib/stores/memory/memory-leases.js';
import { MemoryLockStore } from '../../lib/stores/memory/memory.lock-store.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';

async function warningsOf(options: DistributedLockModuleOptions): Promise<string[]> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const module = DistributedLockModule.forRoot({ prefix: freshPrefix(), ...options });
  const app = await (await Test.createTestingModule({ imports: [module] }).compile()).init();
  const locks = app.get(LockService);
  expect(await locks.withLock('key', () => locks.holds('key'))).toBe(true);
  await app.close();
  const warnings = warn.mock.calls.map(([message]) => String(message)).filter((text) => text.includes('heartbeat'));
  warn.mockRestore();
  return warnings;
}

const { hostname: host, port } = new URL(REDIS_URL);
const natMap = (): null => null;

describe("heartbeat: 'worker'", () => {
  it.each([
    ['memory', { connection: 'memory' } as const, 'belong to this thread'],
    ['a store of the user', { store: new MemoryLockStore(new MemoryLeases()) }, '`store` of your own'],
    ['options with a function', { connection: { host, port: Number(port), natMap } }, 'The option "natMap"'],
    ['a test that runs the sources', { connection: REDIS_URL }, 'was not found'],
  ])('is done without, with one warning: %s', async (_, options, said) => {
    expect(await warningsOf({ ...options, heartbeat: 'worker' })).toEqual([expect.stringContaining(said)]);
  });

  it('is not missed where it was not asked for', async () => {
    const client = new Redis(REDIS_URL, { natMap, lazyConnect: true });
    expect(await warningsOf({ connection: client, heartbeat: 'main' })).toEqual([]);
    expect(await warningsOf({ connection: 'memory' })).toEqual([]);
    client.disconnect();
  });
});
