/**
 * Refuses to list one server of a Cluster as if it had all keys: it answers well where no two of its keys come together, and
 * says nothing of those of the others.
 */
import type { Operator } from '../core/operations/operator.js';
import { isLockError } from '../lock.errors.js';
import { isOfCluster } from './failure-text.js';

/** Any names that don't lie in one slot: only a server of a Cluster minds. */
const APART = ['a', 'b', 'c'];

/** Rejects with what the server says where it is one of a Cluster. */
export async function refusePart(operator: Operator): Promise<void> {
  try {
    await operator.processes(APART);
  } catch (error) {
    // Any other fault shows when the keys are read.
    if (isLockError(error) && isOfCluster(error)) throw error;
  }
}
