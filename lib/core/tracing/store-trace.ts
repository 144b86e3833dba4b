/** Publishes one request to the store. */
import type { LockStoreMessage } from '../../lock.channels.js';
import { storeChannel } from './channels.js';

/** Sends a request, and publishes when it is sent and when it is answered. */
export function traceRequest<Answer>(
  of: Pick<LockStoreMessage, 'instance' | 'operation' | 'count'>,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const { start, end, asyncStart, asyncEnd, error: failed } = storeChannel;
  const message: LockStoreMessage = { ...of };
  const answered = start.runStores(message, send);
  end.publish(message);
  const settled = (): void => {
    asyncStart.publish(message);
    asyncEnd.publish(message);
  };
  return answered.then(
    (answer) => {
      settled();
      return answer;
    },
    (error: unknown) => {
      message.error = error;
      failed.publish(message);
      settled();
      throw error;
    },
  );
}
