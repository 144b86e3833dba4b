/** Every mode of use, by how often. */
import type { Mode } from '../shop.js';
import { blocking, lapsing, maxHold, renewed, volley } from './leases.js';
import { aside, reentered, run, several } from './nested.js';
import { atOnce, byHand, cancelled, failing, impatient, once, withLock } from './plain.js';
import { delayed, kept, moved, permit, permitByHand, read, readByHand, severalShared, upgraded } from './shares.js';
import { lockedGenerator, lockedObservable, lockedPromise } from './spans.js';

const FREQUENT: readonly Mode[] = [withLock, byHand, lockedPromise, renewed, cancelled, impatient];
/** Keys that are shared, or kept for a while. */
const SHARED: readonly Mode[] = [
  read,
  read,
  readByHand,
  permit,
  permitByHand,
  upgraded,
  moved,
  severalShared,
  kept,
  delayed,
];
const USUAL: readonly Mode[] = [
  once,
  atOnce,
  failing,
  lockedObservable,
  lockedGenerator,
  reentered,
  run,
  aside,
  several,
];
const RARE: readonly Mode[] = [maxHold, lapsing, blocking, volley];

const MIXED: readonly Mode[] = [...FREQUENT, ...SHARED, ...USUAL];

export const ALL_MODES: readonly Mode[] = [...MIXED, ...MIXED, ...FREQUENT, ...RARE];

/** Those that the locks of a control are good for. */
export const CONTROL_MODES: readonly Mode[] = [
  withLock,
  byHand,
  cancelled,
  impatient,
  lapsing,
  read,
  permit,
  permitByHand,
];
