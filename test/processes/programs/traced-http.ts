/**
 * A Nest application over HTTP with OpenTelemetry's instrumentation of `http` beside that of locks: prints the spans of one
 * request. A process of its own, because it patches modules of Node.js.
 */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Param } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { DistributedLockModule, Locked } from '../../../lib/index.js';
import { LockInstrumentation } from '../../../lib/otel/index.js';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const http = new HttpInstrumentation();
http.setTracerProvider(provider);
// Without one that is given, it finds the global provider.
const locks = new LockInstrumentation();
// The module is patched when it is required.
createRequire(import.meta.url)('http');

@Controller()
class Orders {
  @Get('orders/:id')
  @Locked('order:<0>')
  async ship(@Param('id') id: string): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve));
    return trace.getTracer('application').startActiveSpan('ship', async (span) => {
      span.end();
      return id;
    });
  }
}

@Module({ imports: [DistributedLockModule.forRoot({ logger: false, connection: 'memory' })], controllers: [Orders] })
class App {}

const app: INestApplication = await NestFactory.create(App, { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
await new Promise<void>((resolve, reject) => {
  get(`http://127.0.0.1:${port}/orders/42`, (response) => response.resume().on('end', resolve)).on('error', reject);
});
await app.close();
locks.disable();
const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  kind: span.kind,
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId,
}));
process.stdout.write(JSON.stringify(spans));
