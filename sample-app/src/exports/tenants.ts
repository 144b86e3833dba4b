/** The organisers of events that share the ticket office, each with a plan. */
import { Injectable, NotFoundException } from '@nestjs/common';

export interface Tenant {
  readonly id: string;
  readonly plan: { readonly exports: number };
}

/** In the order of their plans, the smaller first. */
export const TENANTS: readonly Tenant[] = [
  { id: 'club', plan: { exports: 2 } },
  { id: 'arena', plan: { exports: 5 } },
];

@Injectable()
export class Tenants {
  /** @throws `NotFoundException`, HTTP 404. */
  find(id: string): Tenant {
    const tenant = TENANTS.find((each) => each.id === id);
    if (!tenant) throw new NotFoundException(`There is no tenant ${id}.`);
    return tenant;
  }
}
