import { Controller, Get } from '@nestjs/common';
import { NewsletterJob } from './newsletter.job.js';
import type { Newsletter } from './newsletter.job.js';

@Controller('newsletters')
export class NewsletterController {
  constructor(private readonly newsletters: NewsletterJob) {}

  @Get()
  sent(): Promise<Newsletter[]> {
    return this.newsletters.sent();
  }
}
