/** Whether a cluster can serve: one of its servers may hang, which is no concern of the keys on the others. */
import { Outside } from '../../core/context/outside.js';
import { within } from '../within.js';
import type { ScanningClient } from './redis-client.js';

const outside = new Outside();

/** The digest of no script: a server that can run scripts says that it does not know it. */
const NO_SCRIPT = '0'.repeat(40);

/** Asks all servers at once; true as soon as one answers, and false when none does in time. */
export async function anyAnswers(servers: readonly ScanningClient[], timeLimit: number): Promise<boolean> {
  // A cluster connects to a server at the first command for it, and that connection outlasts the caller's section.
  const asked = outside.run(() =>
    servers.map((server) =>
      server.evalsha(NO_SCRIPT, 0).catch((error: unknown) => {
        if (!(error as Partial<Error> | null)?.message?.startsWith('NOSCRIPT')) throw error;
      }),
    ),
  );
  return within(timeLimit, Promise.any(asked)).then(
    () => true,
    () => false,
  );
}
