import { Controller, Get } from '@nestjs/common';
import { MailroomService } from './mailroom.service.js';
import type { Tenure } from './mailroom.service.js';

@Controller('mail')
export class MailroomController {
  constructor(private readonly mailroom: MailroomService) {}

  @Get()
  tenures(): Promise<Tenure[]> {
    return this.mailroom.tenures();
  }
}
