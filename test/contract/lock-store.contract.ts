/**
 * The contract of `LockStore`, as tests: every store, whatever keeps its leases, passes all of them. A store's spec calls
 * `describeLockStore` with a way to make stores and to let time pass.
 */
import { describe } from '@jest/globals';
import { acquireCases } from './acquire.cases.js';
import { fencingCases } from './fencing.cases.js';
import { grantCases } from './grant.cases.js';
import { inspectCases } from './inspect.cases.js';
import { keyCases } from './key.cases.js';
import { lifecycleCases } from './lifecycle.cases.js';
import { lineCases } from './line.cases.js';
import { listCases } from './list.cases.js';
import type { LockStoreHarnessFactory } from './lock-store.harness.js';
import { passCases } from './pass.cases.js';
import { releaseCases } from './release.cases.js';
import { replayCases } from './replay.cases.js';
import { scheduleCases } from './schedule.cases.js';
import { touchCases } from './touch.cases.js';

export type { LockStoreHarness, LockStoreHarnessFactory } from './lock-store.harness.js';

/** Declares the whole suite for one store. */
export function describeLockStore(name: string, factory: LockStoreHarnessFactory): void {
  describe(`LockStore contract: ${name}`, () => {
    describe('acquire', () => acquireCases(factory));
    describe('touch', () => touchCases(factory));
    describe('release', () => releaseCases(factory));
    describe('release with a successor', () => passCases(factory));
    describe('the line', () => lineCases(factory));
    describe('grants', () => grantCases(factory));
    describe('fencing tokens', () => fencingCases(factory));
    describe('inspect', () => inspectCases(factory));
    describe('lists', () => listCases(factory));
    describe('keys', () => keyCases(factory));
    describe('replays', () => replayCases(factory));
    describe('start and stop', () => lifecycleCases(factory));
    describe('random schedules', () => scheduleCases(factory));
  });
}
