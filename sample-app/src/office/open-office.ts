/** Opens one office: the application with its board, on a port of this machine. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import type { OfficeConfig } from '../office.config.js';
import { OfficeModule } from './office.module.js';

export async function openOffice(config: OfficeConfig): Promise<INestApplication> {
  const app = await NestFactory.create(OfficeModule.forRoot(config), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  return app;
}
