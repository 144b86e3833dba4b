/** The suite: every group of cases for one store. */
import { acquireCases } from './cases/acquire.cases.js';
import { convertCases } from './cases/convert.cases.js';
import { fencingCases } from './cases/fencing.cases.js';
import { grantCases } from './cases/grant.cases.js';
import { inspectCases } from './cases/inspect.cases.js';
import { keyCases } from './cases/key.cases.js';
import { lifecycleCases } from './cases/lifecycle.cases.js';
import { listCases } from './cases/list.cases.js';
import { listingCases, shareListingCases } from './cases/listing.cases.js';
import { passCases } from './cases/pass.cases.js';
import { queueCases } from './cases/queue.cases.js';
import { releaseCases } from './cases/release.cases.js';
import { replayCases } from './cases/replay.cases.js';
import { scheduleCases, shareScheduleCases } from './cases/schedule.cases.js';
import { shareGrantCases } from './cases/share-grant.cases.js';
import { shareLeaseCases } from './cases/share-lease.cases.js';
import { sharePassCases } from './cases/share-pass.cases.js';
import { shareReplayCases } from './cases/share-replay.cases.js';
import { shareCases } from './cases/share.cases.js';
import { tellingCases } from './cases/telling.cases.js';
import { shareTogetherCases, togetherCases } from './cases/together.cases.js';
import { touchCases } from './cases/touch.cases.js';
import { wishCases } from './cases/wish.cases.js';
import { casesOf } from './cases.js';
import type { Cases } from './cases.js';
import type { LockStoreContractOptions, LockStoreHarnessFactory } from './harness.js';

/** What a store may leave out, see {@link LockStoreContractOptions}. */
type Optional = 'reportsGrants' | 'sharesKeys' | 'acquiresTogether' | 'listsKeys' | 'tellsProcesses';

const GROUPS: Readonly<Record<string, (cases: Cases) => void>> = {
  acquire: acquireCases,
  touch: touchCases,
  release: releaseCases,
  'release with a successor': passCases,
  'the queue': queueCases,
  grants: grantCases,
  'fencing tokens': fencingCases,
  inspect: inspectCases,
  lists: listCases,
  keys: keyCases,
  replays: replayCases,
  'start and stop': lifecycleCases,
  'sharing a key': shareCases,
  'leases of a shared key': shareLeaseCases,
  'release with a successor, shared': sharePassCases,
  'replays on a shared key': shareReplayCases,
  conversions: convertCases,
  'wishes for another share': wishCases,
  'grants of a shared key': shareGrantCases,
  'several keys together': togetherCases,
  'several keys together, shared': shareTogetherCases,
  'listing keys': listingCases,
  'listing shared keys': shareListingCases,
  'telling processes': tellingCases,
  'random schedules': scheduleCases,
  'random schedules on shared keys': shareScheduleCases,
};

/** What a store has to do for a group to be declared; the others are for every store. */
const ASKS: ReadonlyMap<unknown, readonly Optional[]> = new Map<unknown, readonly Optional[]>([
  [grantCases, ['reportsGrants']],
  [shareCases, ['sharesKeys']],
  [shareLeaseCases, ['sharesKeys']],
  [sharePassCases, ['sharesKeys']],
  [shareReplayCases, ['sharesKeys']],
  [convertCases, ['sharesKeys']],
  [wishCases, ['sharesKeys']],
  [shareGrantCases, ['sharesKeys', 'reportsGrants']],
  [togetherCases, ['acquiresTogether']],
  [listingCases, ['listsKeys']],
  [shareListingCases, ['sharesKeys', 'listsKeys']],
  [tellingCases, ['tellsProcesses']],
  [shareScheduleCases, ['sharesKeys']],
  [shareTogetherCases, ['sharesKeys', 'acquiresTogether']],
]);

/**
 * Declares the contract of `LockStore` as tests of one store. A store that passes them keeps what the library relies on.
 *
 * @param name - what the store is called in the names of the tests.
 * @param factory - called at the beginning of each case: how this case opens stores, and lets time pass.
 * @param options - `describe` and `it` of the test runner, and what the store leaves out.
 * @example
 * ```ts
 * describeLockStore('files', () => ({ open: (timing) => new FileLockStore(folder, timing) }), { describe, it });
 * ```
 */
export function describeLockStore(
  name: string,
  factory: LockStoreHarnessFactory,
  options: LockStoreContractOptions,
): void {
  const cases = casesOf(options, factory);
  cases.describe(`LockStore contract: ${name}`, () => {
    for (const [group, declare] of Object.entries(GROUPS)) {
      if (ASKS.get(declare)?.some((name) => options[name] === false)) continue;
      cases.describe(group, () => declare(cases));
    }
  });
}
