import { Body, Controller, DefaultValuePipe, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { TicketsService } from './tickets.service.js';
import type { Ticket } from './tickets.service.js';

@Controller('events/:event')
export class TicketsController {
  constructor(private readonly tickets: TicketsService) {}

  /** 201 with a ticket, 410 when the event is sold out, 423 when the queue in front of the counter does not move. */
  @Post('tickets')
  sell(@Param('event') event: string, @Body('buyer', new DefaultValuePipe('somebody')) buyer: string): Promise<Ticket> {
    return this.tickets.sell(event, buyer);
  }

  @Post('tickets/without-lock')
  sellWithoutLock(
    @Param('event') event: string,
    @Body('buyer', new DefaultValuePipe('somebody')) buyer: string,
  ): Promise<Ticket> {
    return this.tickets.sellWithoutLock(event, buyer);
  }

  @Get('tickets')
  list(@Param('event') event: string): Promise<Ticket[]> {
    return this.tickets.list(event);
  }

  /** 204, or 409 with `Retry-After` while the event is being sold or settled. */
  @Delete()
  @HttpCode(204)
  cancel(@Param('event') event: string): Promise<void> {
    return this.tickets.cancel(event);
  }
}
