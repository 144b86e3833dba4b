/**
 * What the compiler accepts and refuses of shares: keys that name their own, and `mode`, `concurrency` and `weight` of
 * `@Locked` as functions of the arguments. Checked by `tsc -p tsconfig.json`, and never run; see `key-template.types-spec.ts`.
 */
/* oxlint-disable no-unused-vars -- the parameters are there for their types */
import { Locked } from 'nestjs-distributed-lock';
import type { KeyFunction, LockKeyRequest, LockKeys, LockMode, LockService, OfCall } from 'nestjs-distributed-lock';
import type { Observable } from 'rxjs';

import type { KeyProblem } from '../../lib/locked/key-template.types.js';
import type { ShareProblem } from '../../lib/locked/locked-problems.types.js';

interface Tenant {
  readonly id: string;
  readonly plan: { readonly exports: number; readonly trial?: number };
}
declare const mode: LockMode;
declare const perhaps: number | undefined;
declare const of: OfCall<number>;

export class Accepted {
  readonly most = 5;

  @Locked('document:<0>', { mode: 'read' }) async read(id: string) {}
  @Locked('document:<0>', { mode }) async unknownMode(id: string) {}
  @Locked('exports', { concurrency: 5, weight: 2, minHold: '30s', lockDelay: '5s' }) async permits() {}
  @Locked('exports', { concurrency: perhaps }) async perhapsPermits() {}
  @Locked('exports', { concurrency: undefined, weight: undefined, mode: undefined }) async nothing() {}
  @Locked('exports:<0.id>', { concurrency: (tenant: Tenant) => tenant.plan.exports })
  async ofTenant(tenant: Tenant) {}
  @Locked('exports:<0.id>', {
    concurrency: ({ plan }: Tenant) => plan.trial,
    weight: (_: Tenant, pages: number) => pages,
  })
  async found(tenant: Tenant, pages: number) {}
  @Locked('exports:<0.id>', { concurrency: 10, weight: (_: unknown, pages: number) => pages })
  async foundInPart(tenant: Tenant, pages: number) {}
  @Locked('document:<0>', { mode: (_id: string, change: boolean) => (change ? 'write' : 'read') })
  async open(id: string, change: boolean) {}
  @Locked('exports', { concurrency: () => 5 }) async ofNothing(tenant: Tenant) {}
  @Locked('exports', { concurrency: (...tenants: Tenant[]) => tenants.length }) async ofRest(...tenants: Tenant[]) {}
  @Locked('exports', { concurrency: of }) async unchecked(tenant: Tenant) {}
  @Locked('exports', { concurrency: (tenant?: Tenant) => tenant?.plan.exports }) async optional(tenant?: Tenant) {}
  @Locked('exports', {
    concurrency(this: Accepted, tenant: Tenant) {
      return this.most + tenant.plan.exports;
    },
  })
  async withThis(tenant: Tenant) {}
  @Locked('exports', { mode: () => 'read', signal: (_: Tenant, stop: AbortSignal) => stop, onBusy: 'skip' })
  async besideOthers(tenant: Tenant, stop: AbortSignal) {}
  @Locked('exports', { mode: 'read' }) stream(): Observable<string> {
    throw new Error();
  }

  @Locked((from: string, to: string) => [{ key: `account:${from}`, mode: 'read' }, `account:${to}`])
  async ownShares(from: string, to: string) {}
  @Locked((tenant: Tenant) => [{ key: tenant.id, concurrency: tenant.plan.exports, weight: 1 }])
  async ownPermits(tenant: Tenant) {}
  @Locked((id: string): LockKeys => (id === '' ? 'none' : [{ key: id }])) async declared(id: string) {}
  @Locked((id: string): readonly LockKeyRequest[] => [{ key: id }]) async requests(id: string) {}
  @Locked([{ key: 'account:<0.id>', mode: 'read' }, 'account:<1>']) async templates(from: Tenant, to: string) {}
}

export abstract class AcceptedInGenericClass<T extends { id: string; size: number }> {
  @Locked('entity:<0.id>', { concurrency: (entity: { size: number }) => entity.size }) async save(
    entity: T,
  ): Promise<T> {
    return entity;
  }
  @Locked([{ key: 'entity:<0.id>', mode: 'read' }]) async load(entity: T): Promise<T> {
    return entity;
  }
  // @ts-expect-error T has no such property
  @Locked('entity', { concurrency: (entity: { pages: number }) => entity.pages })
  async wrong(entity: T): Promise<T> {
    return entity;
  }
}

export class Refused {
  // @ts-expect-error no mode
  @Locked('k', { mode: 'reed' })
  async mode() {}
  // @ts-expect-error no mode
  @Locked('k', { mode: () => 'reed' })
  async modeOf() {}
  // @ts-expect-error a text
  @Locked('k', { concurrency: '5' })
  async text() {}
  // @ts-expect-error a function that returns a text
  @Locked('k', { concurrency: (id: string) => id })
  async textOf(id: string) {}
  // @ts-expect-error a function that returns a text
  @Locked('k', { concurrency: 2, weight: (id: string) => id })
  async weightOf(id: string) {}
  // @ts-expect-error a function that returns null
  @Locked('k', { concurrency: () => null })
  async nullOf() {}
  // @ts-expect-error a promise
  @Locked('k', { concurrency: async () => 5 })
  async promised() {}
  // @ts-expect-error another parameter
  @Locked('k', { concurrency: (tenant: Tenant) => tenant.plan.exports })
  async other(id: string) {}
  // @ts-expect-error another parameter
  @Locked('k', { mode: (id: string): LockMode => 'read' })
  async otherMode(id: number) {}
  // @ts-expect-error more parameters than the method
  @Locked('k', { concurrency: 5, weight: (id: string, pages: number) => pages })
  async more(id: string) {}
  // @ts-expect-error the argument may be missing
  @Locked('k', { concurrency: (tenant: Tenant) => tenant.plan.exports })
  async missing(tenant?: Tenant) {}
  // @ts-expect-error of another class
  @Locked('k', {
    concurrency(this: Accepted) {
      return this.most;
    },
  })
  async withThis() {}
  // @ts-expect-error another parameter in one of two functions
  @Locked('k', { concurrency: Math.random() > 0.5 ? (id: string) => 5 : (id: number) => 5 })
  async either(id: string) {}
  // @ts-expect-error another parameter, where there is a function
  @Locked('k', { concurrency: Math.random() > 0.5 ? 5 : (id: number) => id })
  async perhaps(id: string) {}
  // @ts-expect-error a rest of another type
  @Locked('k', { concurrency: (...ids: number[]) => ids.length })
  async rest(...ids: string[]) {}
  // @ts-expect-error not a duration
  @Locked('k', { minHold: () => 5 })
  async minHold() {}

  // @ts-expect-error no mode
  @Locked((id: string) => [{ key: id, mode: 'reed' }])
  async ownMode(id: string) {}
  // @ts-expect-error without a key
  @Locked((id: string) => [{ mode: 'read' }])
  async ownKey(id: string) {}
  // @ts-expect-error the only key has the share of the call
  @Locked((id: string) => ({ key: id, mode: 'read' }))
  async single(id: string) {}
  // @ts-expect-error no such property
  @Locked([{ key: 'account:<0.idd>', mode: 'read' }, 'account:<1>'])
  async template(from: Tenant, to: string) {}
  // @ts-expect-error no mode
  @Locked([{ key: 'account:<0>', mode: 'reed' }])
  async templateMode(from: string) {}
}

export async function asked(locks: LockService, keyOf: KeyFunction): Promise<void> {
  await locks.acquire('a', { mode: 'read' });
  await locks.acquire(['a', { key: 'b', mode: 'read' }, { key: 'c', concurrency: 5, weight: 2 }]);
  await locks.withLock([{ key: 'a' }], { concurrency: 3 }, () => undefined);
  // @ts-expect-error no mode
  await locks.acquire([{ key: 'a', mode: 'reed' }]);
  // @ts-expect-error a wait is of the call
  await locks.acquire([{ key: 'a', wait: 0 }]);
  // @ts-expect-error only methods have arguments
  await locks.acquire('a', { concurrency: () => 5 });
  // @ts-expect-error the only key has the share of the call
  await locks.acquire({ key: 'a', mode: 'read' });
}

type Same<Actual, Expected> =
  (<T>() => T extends Actual ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2 ? true : false;
declare function check<Holds extends true>(): Holds;

type Problem<Mode, Concurrency, Weight> = ShareProblem<Mode, Concurrency, Weight, [id: string]>;

/** The texts that the compiler prints. */
export function refusals(): void {
  check<Same<Problem<OfCall<LockMode>, OfCall<number>, OfCall<number>>, never>>();
  check<Same<Problem<'read', (id: string) => number, 2>, never>>();
  check<
    Same<
      Problem<'read', (id: number) => number, 2>,
      'the parameters of the concurrency function do not fit the parameters of the method'
    >
  >();
  check<
    Same<
      Problem<(id: string, more: string) => LockMode, OfCall<number>, (id: number) => number>,
      | 'the parameters of the mode function do not fit the parameters of the method'
      | 'the parameters of the weight function do not fit the parameters of the method'
    >
  >();
  check<
    Same<
      KeyProblem<[{ key: 'a:<0.idd>'; mode: 'read' }, 'a:<1>'], [Tenant, string]>,
      '<0.idd> names a property that does not exist'
    >
  >();
}
