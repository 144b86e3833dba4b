/**
 * Exports the data of a tenant. An export is heavy, so each tenant may run only as many at a time as its plan says,
 * whichever processes they come to; the others queue. Tenants don't wait for each other.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Locked } from 'nestjs-distributed-lock';
import { OfficeConfig } from '../office.config.js';
import type { Tenant } from './tenants.js';

const EXPORT_MS = 50;

/** What was exported, where, and when, by this machine's wall clock. */
export interface Export {
  readonly tenant: string;
  readonly office: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

@Injectable()
export class ExportsService {
  constructor(private readonly config: OfficeConfig) {}

  @Locked('exports:<0.id>', { concurrency: (tenant: Tenant) => tenant.plan.exports, wait: '30s' })
  async export(tenant: Tenant): Promise<Export> {
    return this.exportWithoutLock(tenant);
  }

  /** The same without a limit, to see what happens. */
  async exportWithoutLock({ id }: Tenant): Promise<Export> {
    const startedAt = Date.now();
    await setTimeout(EXPORT_MS);
    return { tenant: id, office: this.config.office, startedAt, finishedAt: Date.now() };
  }
}
