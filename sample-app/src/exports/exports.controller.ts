import { Controller, Param, Post } from '@nestjs/common';
import { ExportsService } from './exports.service.js';
import type { Export } from './exports.service.js';
import { Tenants } from './tenants.js';

@Controller('tenants/:tenant/exports')
export class ExportsController {
  constructor(
    private readonly tenants: Tenants,
    private readonly exports: ExportsService,
  ) {}

  /** 201, 404 for an unknown tenant, 423 when the queue of the tenant does not move. */
  @Post()
  async export(@Param('tenant') tenant: string): Promise<Export> {
    return this.exports.export(this.tenants.find(tenant));
  }

  @Post('without-lock')
  async exportWithoutLock(@Param('tenant') tenant: string): Promise<Export> {
    return this.exports.exportWithoutLock(this.tenants.find(tenant));
  }
}
