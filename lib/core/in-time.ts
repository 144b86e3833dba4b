/** Waits for something no longer than so many milliseconds, whatever becomes of it. */
import type { Outside } from './context/outside.js';

/** Answers whether it was settled in time; rejects as it does. What comes later is nobody's concern. */
export function inTime(promise: Promise<unknown>, milliseconds: number, outside: Outside): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = outside.run(() => setTimeout(() => resolve(false), milliseconds));
    promise.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
