/** L8: no timer, listener or request of a lock keeps a process alive. */
import { Observer } from '../support/processes/observer.js';
import { Program } from '../support/processes/program.js';

const observer = new Observer();
afterAll(() => observer.close());

describe('a process ends by itself', () => {
  it.each([
    ['timers', 'when only the timers of its locks are left'],
    ['unanswered', 'when only requests are left that were refused, to be repeated'],
    ['silent', 'when only requests are left of which nobody knows whether they will be answered'],
    ['thread', 'when only the heartbeat thread is left'],
    ['threadClosed', 'after its application was closed that had a heartbeat thread'],
    ['closed', 'after its application was closed'],
  ])('%s: %s', async (scene) => {
    const program = await Program.start('leaver', { url: observer.url, prefix: observer.prefix, scene });
    program.letEnd();
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});
