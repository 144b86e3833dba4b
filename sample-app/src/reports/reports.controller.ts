import { Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ReportsService } from './reports.service.js';
import type { Report } from './reports.service.js';

@Controller('events/:event/report')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Get()
  read(@Param('event') event: string): Promise<Report> {
    return this.reports.read(event);
  }

  @Put()
  rewrite(@Param('event') event: string): Promise<Report> {
    return this.reports.rewrite(event);
  }

  /** 200, or 409 with `Retry-After` while somebody else is about to rewrite it. */
  @Post()
  @HttpCode(200)
  refresh(@Param('event') event: string): Promise<Report> {
    return this.reports.refresh(event);
  }

  @Get('without-lock')
  readWithoutLock(@Param('event') event: string): Promise<Report> {
    return this.reports.readWithoutLock(event);
  }

  @Put('without-lock')
  rewriteWithoutLock(@Param('event') event: string): Promise<Report> {
    return this.reports.rewriteWithoutLock(event);
  }
}
