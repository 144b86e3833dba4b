/**
 * Traffic that never ends, so that a person sees something on the board: every kind of lock, some keys that nearly nobody wants,
 * and some that all want at once.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { isLockError, Locked } from 'nestjs-distributed-lock';
import { TicketsService } from '../tickets/tickets.service.js';

const EVENTS = ['opera', 'derby', 'circus', 'lecture', 'fair'];
const TENANTS = ['acme', 'globex', 'initech'];

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** The first of a list more often than the others. */
function one(list: readonly string[]): string {
  return list[Math.floor(Math.random() ** 2 * list.length)]!;
}

@Injectable()
export class Crowd implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Crowd.name);
  private readonly closing = new AbortController();

  constructor(private readonly tickets: TicketsService) {
    // All visitors leave when it closes.
    setMaxListeners(0, this.closing.signal);
  }

  onApplicationBootstrap(): void {
    const visitors: [number, () => Promise<unknown>, [number, number]][] = [
      [4, () => this.printPlan(one(EVENTS)), [200, 2_000]],
      [3, () => this.tickets.sell(one(EVENTS), 'a visitor'), [300, 3_000]],
      [2, () => this.settle(one(EVENTS)), [4_000, 15_000]],
      [4, () => this.readReport(one(EVENTS)), [500, 4_000]],
      [1, () => this.writeReport(one(EVENTS)), [6_000, 12_000]],
      [5, () => this.export(one(TENANTS)), [500, 3_000]],
      [1, () => this.sendNewsletter(), [3_000, 9_000]],
    ];
    for (const [count, visit, rest] of visitors) for (let i = 0; i < count; i++) void this.live(visit, rest);
  }

  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  @Locked('seat-plan:<0>', { ttl: '10s', wait: '20s' })
  async printPlan(_event: string): Promise<void> {
    await this.work(100, 2_500);
  }

  @Locked('settlement:<0>', { ttl: '15s', wait: '30s' })
  async settle(_event: string): Promise<void> {
    await this.work(5_000, 20_000);
  }

  @Locked('sales-report:<0>', { mode: 'read', wait: '30s' })
  async readReport(_event: string): Promise<void> {
    await this.work(500, 5_000);
  }

  @Locked('sales-report:<0>', { wait: '30s' })
  async writeReport(_event: string): Promise<void> {
    await this.work(1_000, 3_000);
  }

  @Locked('data-export:<0>', { concurrency: 3, wait: '30s' })
  async export(_tenant: string): Promise<void> {
    await this.work(1_000, 8_000);
  }

  @Locked('weekly-newsletter', { minHold: '15s', wait: 0, onBusy: 'skip' })
  async sendNewsletter(): Promise<void> {
    await this.work(200, 500);
  }

  /** What takes its time; an office that closes does not wait for it. */
  private async work(least: number, most: number): Promise<void> {
    await pause(between(least, most), undefined, { signal: this.closing.signal }).catch(() => undefined);
  }

  private async live(visit: () => Promise<unknown>, [least, most]: readonly [number, number]): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.work(least, most);
      try {
        await visit();
      } catch (error) {
        // That a key stays busy, or an event is sold out, is a part of the show.
        if (isLockError(error, 'LOCK_LOST', 'LOCK_UNAVAILABLE')) this.logger.warn(error.message);
      }
    }
  }
}
