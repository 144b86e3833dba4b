/** What a listener of `events$` throws is written to the application's log, and the locks go on. */
import { jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { LockService } from 'nestjs-distributed-lock';
import { startWith } from '../support/apps/apps.js';
import { until } from '../support/waiting.js';

@Injectable()
class Orders {
  constructor(readonly locks: LockService) {}
}

it('a listener that throws is logged with its stack, and the caller hears nothing of it', async () => {
  const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  const { locks } = await startWith(Orders, { connection: 'memory' });
  const failure = new Error('a bug in a listener');
  locks.events$.subscribe(() => {
    throw failure;
  });
  expect(await locks.withLock('key', () => 'done')).toBe('done');
  await until(() => logged.mock.calls.length > 0);
  expect(logged).toHaveBeenCalledWith(expect.stringContaining('events$'), failure.stack);
  logged.mockRestore();
});
