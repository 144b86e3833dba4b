import { LOCK_CHANNELS } from '../../../../lib/lock.channels.js';
import { acquireChannel, holdChannel, storeChannel } from '../../../../lib/core/tracing/channels.js';
import { hearChannel } from '../../../support/fakes/heard.js';

it.each([
  [LOCK_CHANNELS.acquire, acquireChannel],
  [LOCK_CHANNELS.hold, holdChannel],
  [LOCK_CHANNELS.store, storeChannel],
] as const)('%s is heard by those that subscribe later, and by nobody before', (name, channel) => {
  expect(channel.hasSubscribers).toBe(false);
  const heard = hearChannel(name);
  expect(channel.hasSubscribers).toBe(true);
  channel.start.publish({ a: 1 });
  expect(heard).toEqual([{ part: 'start', message: { a: 1 } }]);
});
