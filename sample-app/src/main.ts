/**
 * The ticket office as a server: `REDIS_URL=redis://localhost:6379 PORT=3000 node sample-app/dist/main.js`. Start as many
 * as you like; they share one Redis and never sell a seat twice.
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { readConfig } from './office.config.js';

const app = await NestFactory.create(AppModule.forRoot(readConfig(process.env)));
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
