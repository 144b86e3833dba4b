import { Controller, Get, Param, Post } from '@nestjs/common';
import { Ledger } from './ledger.js';
import { SettlementService } from './settlement.service.js';
import type { Settlement } from './settlement.service.js';

@Controller('events/:event/settlement')
export class SettlementController {
  constructor(
    private readonly settlement: SettlementService,
    private readonly ledger: Ledger,
  ) {}

  @Post()
  settle(@Param('event') event: string): Promise<Settlement> {
    return this.settlement.settle(event);
  }

  @Get()
  async settled(@Param('event') event: string): Promise<{ settled: number }> {
    return { settled: await this.ledger.settled(event) };
  }
}
