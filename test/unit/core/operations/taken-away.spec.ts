import { writeNotice } from '../../../../lib/core/operations/letters.js';
import { openNeighbours } from '../../../support/fakes/neighbours.js';
import { aborted, until } from '../../../support/waiting.js';

const processOf = (token: string): string => token.slice(0, 11);

describe('a lease that was taken away', () => {
  it('is lost as soon as the notice comes, with its reason; both sides say so', async () => {
    const [a, b] = openNeighbours(2);
    const lock = await a!.locks.acquire('key', { label: 'order:<0>' });
    expect(await b!.locks.forceRelease('key', { reason: 'it hangs', by: 'ada' })).toBe(true);
    await aborted(lock.signal);
    expect(lock.signal.reason).toMatchObject({ reason: 'forced', message: expect.stringMatching(/ada.*it hangs/) });
    await until(() => [a, b].every((each) => each!.events.some(({ type }) => type === 'forced')));
    expect(a!.events.filter(({ type }) => type === 'forced')).toMatchObject([
      { side: 'holder', by: 'ada', label: 'order:<0>' },
    ]);
    expect(b!.events.filter(({ type }) => type === 'forced')).toMatchObject([{ side: 'operator', reason: 'it hangs' }]);
    for (const { lines } of [a!, b!]) expect(lines.join()).toContain('it hangs');
    expect(await lock.release()).toBe(false);
  });

  it('may be one of this very process', async () => {
    const [a] = openNeighbours(1);
    const lock = await a!.locks.acquire('key');
    await a!.locks.forceRelease('key');
    expect(lock.isHeld).toBe(false);
    expect(a!.events.filter(({ type }) => type === 'forced')).toHaveLength(2);
  });

  it('is left alone where the token is another one', async () => {
    const [a, b] = openNeighbours(2);
    const lock = await a!.locks.acquire('key');
    await b!.store.tell(processOf(lock.token), writeNotice({ key: 'key', token: `${lock.token}x` }));
    await b!.store.tell(processOf(lock.token), writeNotice({ key: 'other', token: lock.token }));
    await b!.locks.inspect('key');
    expect(lock.isHeld).toBe(true);
    expect(await lock.release()).toBe(true);
  });
});
