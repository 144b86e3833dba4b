/** How `mode`, `concurrency` and `weight` say with whom a caller shares a key, as numbers; see `admission.ts`. */
import type { LockMode, ShareOptions } from '../acquire.options.js';
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import type { LeaseShare } from '../stores/lock-store.js';
import { EXCLUSIVE, READ } from './admission.js';

/** How many a key may be shared with at a time; a greater number is a slip. */
export const MOST_AT_A_TIME = 1_000_000_000;

/** Throws a `LockOptionsError` for what no caller could ever be granted. */
export function readShare({ mode, concurrency, weight }: ShareOptions): LeaseShare {
  if (mode !== undefined && mode !== 'read' && mode !== 'write') {
    throw new LockOptionsError(messages.option('mode', mode, "'read' or 'write'"));
  }
  if (concurrency === undefined) {
    if (weight !== undefined)
      throw new LockOptionsError(messages.option('weight', weight, 'nothing without `concurrency`'));
    return mode === 'read' ? READ : EXCLUSIVE;
  }
  if (mode !== undefined) {
    throw new LockOptionsError(messages.option('concurrency', concurrency, 'nothing beside a `mode`'));
  }
  if (!isWithin(concurrency, MOST_AT_A_TIME)) {
    throw new LockOptionsError(
      messages.option('concurrency', concurrency, `a whole number from 1 to ${MOST_AT_A_TIME}`),
    );
  }
  if (weight !== undefined && !isWithin(weight, concurrency)) {
    throw new LockOptionsError(
      messages.option('weight', weight, `a whole number from 1 to ${concurrency} (\`concurrency\`)`),
    );
  }
  return concurrency === 1 ? EXCLUSIVE : { limit: concurrency, weight: weight ?? 1 };
}

/** What people call a share. */
export function modeOf({ limit }: LeaseShare): LockMode | 'permit' {
  if (limit === 1) return 'write';
  return limit === Infinity ? 'read' : 'permit';
}

function isWithin(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
