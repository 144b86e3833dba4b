/** The tracing channels, see `lock.channels.ts`. They are made once: who subscribes later is heard as well. */
import { tracingChannel } from 'node:diagnostics_channel';
import type { TracingChannel } from 'node:diagnostics_channel';
import { LOCK_CHANNELS } from '../../lock.channels.js';

export const acquireChannel: TracingChannel = tracingChannel(LOCK_CHANNELS.acquire);
export const holdChannel: TracingChannel = tracingChannel(LOCK_CHANNELS.hold);
export const storeChannel: TracingChannel = tracingChannel(LOCK_CHANNELS.store);
