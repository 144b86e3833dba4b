/** Stands for the slow services outside: a bank that charges buyers and pays organisers. */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

const CHARGE_MS = 5;
const TRANSFER_MS = 300;

@Injectable()
export class Bank {
  async charge(_buyer: string): Promise<void> {
    await setTimeout(CHARGE_MS);
  }

  /**
   * Transfers the money for some tickets, unless the signal has aborted; once it is under way nobody can call it back. A
   * real one takes an idempotency key: a batch that was transferred but not noted before a crash comes again.
   */
  async transfer(_tickets: readonly unknown[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await setTimeout(TRANSFER_MS);
  }
}
