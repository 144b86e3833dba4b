/**
 * The mailroom numbers the batches of tickets that are posted. One office of the fleet does it for as long as it can, and
 * another takes over when it closes or dies: numbers follow each other without a gap, whoever gives them out.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { LockService } from 'nestjs-distributed-lock';
import { OfficeConfig } from '../office.config.js';
import { Database } from '../database/database.js';

const PERIOD_MS = 100;

/** How long the mail waits, at most half a second more, when the office dies that does it. */
const TTL_MS = 2_000;

/** What an office has numbered in a row. */
export interface Tenure {
  readonly office: string;
  readonly from: number;
  readonly to: number;
}

@Injectable()
export class MailroomService implements OnApplicationBootstrap {
  constructor(
    private readonly locks: LockService,
    private readonly database: Database,
    private readonly config: OfficeConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.locks.lead('mailroom', (signal, lock) => this.number(signal, lock.fencingToken), { ttl: TTL_MS });
  }

  async tenures(): Promise<Tenure[]> {
    return JSON.parse((await this.database.readFenced('mail')) ?? '[]') as Tenure[];
  }

  /** An office that was paused in the middle of a step may write late: the database refuses its fencing token. */
  private async number(signal: AbortSignal, fencingToken: number): Promise<void> {
    const before = await this.tenures();
    const from = (before.at(-1)?.to ?? 0) + 1;
    for (let to = from; !signal.aborted; to++) {
      const tenures = [...before, { office: this.config.office, from, to }];
      if (!(await this.database.writeFenced('mail', JSON.stringify(tenures), fencingToken))) return;
      await setTimeout(PERIOD_MS, undefined, { signal });
    }
  }
}
