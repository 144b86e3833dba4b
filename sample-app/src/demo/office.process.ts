/**
 * One ticket office in a process of its own: the application of `main.ts` on a free port, with a line to the demo. It
 * tells its address and what happens to its locks, and ends when the demo is gone, however that ended.
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { LockService } from 'nestjs-distributed-lock';
import { AppModule } from '../app.module.js';
import { readConfig } from '../office.config.js';
import type { OfficeEvent } from './office.js';

/** What it sends. */
export type OfficeMessage = { readonly url: string } | { readonly event: OfficeEvent };

process.once('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal; the demo stops its offices itself.
process.on('SIGINT', () => {});

const config = readConfig(process.env);
const app = await NestFactory.create(AppModule.forRoot(config), { logger: ['error', 'warn'] });
app.get(LockService).events$.subscribe(({ type, key }) => tell({ event: { type, key, office: config.office } }));
await app.listen(0, '127.0.0.1');
tell({ url: await app.getUrl() });

function tell(message: OfficeMessage): void {
  if (process.connected) process.send?.(message);
}
