/** How a caller is told that it does not get the key: by an error that says what happened, and when to try again. */
import { describe, expect, it } from '@jest/globals';
import * as refusals from '../../../../lib/core/queue/refusals.js';
import { LockBusyError, LockTimeoutError, LockUnavailableError } from '../../../../lib/lock.errors.js';

describe('a refusal', () => {
  it.each([
    ['busy', refusals.busy('key', 1_200.2), LockBusyError],
    ['a wait that is over', refusals.timedOut('key', 500, 300), LockTimeoutError],
    ['no time for the last of several keys', refusals.outOfTime('key', 500), LockTimeoutError],
    ['no answer yet', refusals.notAnswered('key', 500), LockUnavailableError],
    ['a store out of reach', refusals.unreachable('key', 500, new Error('reset')), LockUnavailableError],
    ['a grant that came too late', refusals.answeredTooLate('key', 1_000), LockUnavailableError],
  ] as const)('is of the right kind and names the key: %s', (_, error, kind) => {
    expect(error).toBeInstanceOf(kind);
    expect([error.key, error.message]).toEqual(['key', expect.stringContaining('"key"')]);
  });

  it('says in whole milliseconds when to try again', () => {
    expect(refusals.busy('key', 1_200.2).retryAfterMs).toBe(1_201);
    expect(refusals.timedOut('key', 500, 300).retryAfterMs).toBe(300);
  });

  it('says whether it was a caller of this very process that had the key', () => {
    for (const here of [refusals.busy('key', 1, true), refusals.timedOut('key', 1, 1, true)]) {
      expect(here.message).toContain('in this process');
    }
    for (const there of [refusals.busy('key', 1), refusals.timedOut('key', 1, 1)]) {
      expect(there.message).not.toContain('in this process');
    }
  });

  it('carries of its cause nothing that belongs to other callers', () => {
    const cause = Object.assign(new Error('reset'), { command: { args: ['another key'] } });
    const error = refusals.unreachable('key', 500, cause);
    expect(error.cause).toMatchObject({ message: 'reset' });
    expect(error.cause).not.toHaveProperty('command');
  });
});
